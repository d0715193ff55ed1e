// Outputs that are written by threads, so that a reader that does not read, or a disk that hangs, holds up nothing but
// itself: no tick, no signal, no other output.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "os/error.h"
#include "os/fd.h"
#include "output/output.h"
#include "output/output_file.h"
#include "output/writer_thread.h"

namespace rusage_bpf {

// What is handed over waits in a Spool until the thread has written it, and says so once if it has to wait in a file.
// An operation fails if one of the thread's has failed since. Without `commit`, the thread ends and leaves no file.
class BackgroundWriter final : public Output {
 public:
  explicit BackgroundWriter(std::shared_ptr<WriterThread> thread);
  BackgroundWriter(BackgroundWriter &&) = delete;
  BackgroundWriter &operator=(BackgroundWriter &&) = delete;
  ~BackgroundWriter() override;

  Result<void> write(std::string_view bytes) override;
  Result<void> write(std::unique_ptr<Spool> text) override;
  Result<void> flush() override;
  Result<void> put_in_place() override;
  // Returns at once; see BackgroundWriters for the end.
  Result<void> commit() override;

 private:
  Result<void> ask(WriterThread::Ask what);
  void say_if_it_waits();

  std::shared_ptr<WriterThread> thread_;
  std::size_t unflushed_bytes_ = 0;
  bool committed_ = false;
  std::uint64_t in_file_since_ns_ = 0;  // 0: it does not wait in a file
  bool said_that_it_waits_ = false;
};

// All of a recording.
class BackgroundWriters {
 public:
  static Result<BackgroundWriters> create();

  // Its thread starts with the first bytes, with the privileges that are left then.
  Result<std::unique_ptr<Output>> add(OutputFile file);

  // Readable when an output has ended, well or not, until `take_note`.
  [[nodiscard]] int fd() const { return ended_->get(); }
  void take_note() const;

  // Whether there is an output that bytes still go to.
  [[nodiscard]] bool any_left() const;
  // What waits still. A stream is a pipe, a terminal or the like, where a reader may never read.
  struct Waiting {
    std::size_t files = 0;
    std::size_t streams = 0;
    std::string unread;               // the first of these that lacks a reader
    std::uint64_t written_bytes = 0;  // so far, by all
  };
  [[nodiscard]] Waiting waiting() const;

  // What could not be written, by the number of the output, each once, and not what an operation of a BackgroundWriter
  // has reported.
  [[nodiscard]] std::map<std::size_t, Error> take_errors();
  // Gives up the streams that still wait: an error each.
  void give_up_streams();
  // Writes what waits where no thread could be started.
  void write_what_has_no_thread();

 private:
  explicit BackgroundWriters(Fd ended) : ended_(std::make_shared<Fd>(std::move(ended))) {}

  std::shared_ptr<Fd> ended_;
  std::vector<std::shared_ptr<WriterThread>> threads_;
};

}  // namespace rusage_bpf
