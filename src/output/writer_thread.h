// The thread of one BackgroundWriter, and the state that both use.
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

// The thread shares ownership and is never joined: a write to a pipe that is never read blocks it until the program
// ends.
class WriterThread : public std::enable_shared_from_this<WriterThread> {
 public:
  // `ended` is an event, raised at the end of the output.
  WriterThread(OutputFile file, Fd wake, std::shared_ptr<Fd> ended);

  [[nodiscard]] const std::string &name() const { return name_; }
  [[nodiscard]] bool is_stream() const { return is_stream_; }
  // Whether it is a FIFO that has not had a reader.
  [[nodiscard]] bool lacks_reader() const { return lacked_reader_ && written_bytes_ == 0; }

  // Used by the thread that has the bytes.
  Result<void> append(std::string_view bytes);
  Result<void> append(std::unique_ptr<Spool> text);
  enum class Request { write, put_in_place, commit, give_up };
  // The first request starts the thread.
  void request(Request what);

  // Whether bytes wait in a temporary file.
  [[nodiscard]] bool waits_in_file() const;
  // Whether all was written, or writing failed.
  [[nodiscard]] bool has_ended() const;
  // The same, or the output was given up.
  [[nodiscard]] bool is_over() const;
  [[nodiscard]] std::uint64_t written_bytes() const { return written_bytes_; }

  // The error that has ended the thread.
  [[nodiscard]] std::optional<Error> error();
  // The same, unless it was returned before.
  [[nodiscard]] std::optional<Error> unreported_error();
  // Ends the output with an error, even if the thread is still blocked.
  void fail(Error error);

  // The work of the thread. The caller runs it if no thread could be started.
  void run() noexcept;
  [[nodiscard]] bool has_no_thread() const;

 private:
  struct Requests {
    bool put_in_place = false;
    bool commit = false;
    bool give_up = false;
  };
  Result<void> write_until_end_requested();
  // The oldest bytes; empty if there are none.
  Result<std::string> take();
  Result<void> write_out(std::string_view text);
  // Waits for a request; fails if the reader closes its end meanwhile.
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
  std::optional<OutputFile> file_;              // used only by the thread while it runs
  std::deque<std::unique_ptr<Spool>> waiting_;  // bytes are appended to the last one and taken from the first
  Requests requests_;
  bool started_ = false;
  bool has_thread_ = false;
  bool has_ended_ = false;
  bool error_reported_ = false;
  std::optional<Error> error_;
};

}  // namespace rusage_bpf
