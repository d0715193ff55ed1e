// Outputs that are written by threads, so that a slow reader or a hanging disk delays only its own output, and no tick,
// signal or other output.
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

// Bytes wait in a Spool until the thread has written them; a message says so once if they wait in a file. An operation
// fails if the thread has failed before. Without `commit`, the thread ends and leaves no file.
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
  // Returns at once; BackgroundWriters reports the end.
  Result<void> commit() override;

 private:
  Result<void> request(WriterThread::Request what);
  void say_if_it_waits();

  std::shared_ptr<WriterThread> thread_;
  std::size_t unflushed_bytes_ = 0;
  bool committed_ = false;
  std::uint64_t in_file_since_ns_ = 0;  // 0: no bytes are in a file
  bool said_that_it_waits_ = false;
};

// All outputs of a recording.
class BackgroundWriters {
 public:
  static Result<BackgroundWriters> create();

  // The thread starts with the first bytes and has the privileges of that time.
  Result<std::unique_ptr<Output>> add(OutputFile file);

  // Readable from the end of an output, written or failed, until `take_note`.
  [[nodiscard]] int fd() const { return ended_->get(); }
  void take_note() const;

  // Whether any output is not over.
  [[nodiscard]] bool any_left() const;
  // The outputs that are not complete. A stream is a pipe, a terminal or the like, whose reader may never read.
  struct Waiting {
    std::size_t files = 0;
    std::size_t streams = 0;
    std::string unread;               // the first stream without a reader
    std::uint64_t written_bytes = 0;  // so far, by all
  };
  [[nodiscard]] Waiting waiting() const;

  // The errors of writing, by the number of the output: each one once, without those that an operation of a
  // BackgroundWriter has returned.
  [[nodiscard]] std::map<std::size_t, Error> take_errors();
  // Gives up the streams that are not complete: an error for each.
  void give_up_streams();
  // Writes the outputs for which no thread could be started.
  void write_what_has_no_thread();

 private:
  explicit BackgroundWriters(Fd ended) : ended_(std::make_shared<Fd>(std::move(ended))) {}

  std::shared_ptr<Fd> ended_;
  std::vector<std::shared_ptr<WriterThread>> threads_;
};

}  // namespace rusage_bpf
