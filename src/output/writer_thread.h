// The thread of one BackgroundWriter, and what the two share.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "os/error.h"
#include "os/fd.h"
#include "output/output_file.h"
#include "output/spool.h"

namespace rusage_bpf {

// The thread holds it as well, and is never joined: in a write to a pipe that is never read, it stays until the
// program ends.
class WriterThread : public std::enable_shared_from_this<WriterThread> {
 public:
  // `ended` is an event that is raised when the output has ended.
  WriterThread(OutputFile file, Fd wake, std::shared_ptr<Fd> ended);

  [[nodiscard]] const std::string &name() const { return name_; }
  [[nodiscard]] bool is_stream() const { return is_stream_; }
  // Whether it is a FIFO that has had no reader yet.
  [[nodiscard]] bool lacks_reader() const { return lacked_reader_ && written_bytes_ == 0; }

  // For the side that has the bytes.
  Result<void> append(std::string_view bytes);
  Result<void> append(std::unique_ptr<Spool> text);
  enum class Ask { write, put_in_place, commit, give_up };
  // Starts the thread if it is the first time.
  void ask(Ask what);

  // Whether bytes wait in a temporary file.
  [[nodiscard]] bool waits_in_file() const;
  // Whether all was written, or cannot be.
  [[nodiscard]] bool has_ended() const;
  // The same, or it is no longer to be written.
  [[nodiscard]] bool is_over() const;
  [[nodiscard]] std::uint64_t written_bytes() const { return written_bytes_; }

  // What the thread has failed with, which has ended it.
  [[nodiscard]] std::optional<Error> error();
  // The same, unless it was given to somebody before.
  [[nodiscard]] std::optional<Error> unreported_error();
  // Ends it, as far as others can see, whatever the thread waits for.
  void fail(Error error);

  // The thread's work, to be done by the caller if no thread could be started.
  void run() noexcept;
  [[nodiscard]] bool has_no_thread() const;

 private:
  struct Asked {
    bool put_in_place = false;
    bool commit = false;
    bool give_up = false;
  };
  Result<void> write_until_asked_to_end();
  // The first bytes that wait; none, if all was taken.
  Result<std::string> take();
  Result<void> write_out(std::string_view text);
  // Until there is something to do; fails if the reader has gone away meanwhile.
  Result<void> wait();
  void start();
  void end(std::optional<Error> error);

  const std::string name_;
  const bool is_stream_;
  const bool lacked_reader_;
  Fd wake_;
  std::shared_ptr<Fd> ended_event_;
  std::atomic<std::uint64_t> written_bytes_ = 0;

  mutable std::mutex mutex_;
  std::optional<OutputFile> file_;              // the thread's alone once it is started, until it ends
  std::deque<std::unique_ptr<Spool>> waiting_;  // bytes go to the last, and come from the first
  Asked asked_;
  bool started_ = false;
  bool has_thread_ = false;
  bool has_ended_ = false;
  bool error_reported_ = false;
  std::optional<Error> error_;
};

}  // namespace rusage_bpf
