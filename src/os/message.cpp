#include "os/message.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <ctime>
#include <string>

namespace rusage_bpf {
namespace {

// What a write may raise: a pipe without a reader, a file over its limit, a terminal that belongs to another job.
class WithoutWriteSignals {
 public:
  WithoutWriteSignals() noexcept {
    sigemptyset(&raised_);
    for (const int signal : {SIGPIPE, SIGXFSZ, SIGTTOU}) sigaddset(&raised_, signal);
    pthread_sigmask(SIG_BLOCK, &raised_, &before_);
    // One that was pending before is not ours to take away.
    sigset_t pending;
    sigpending(&pending);
    for (const int signal : {SIGPIPE, SIGXFSZ, SIGTTOU})
      if (sigismember(&pending, signal) == 1) sigdelset(&raised_, signal);
  }
  ~WithoutWriteSignals() {
    constexpr timespec at_once{};
    while (sigtimedwait(&raised_, nullptr, &at_once) > 0) continue;
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  WithoutWriteSignals(const WithoutWriteSignals &) = delete;
  WithoutWriteSignals &operator=(const WithoutWriteSignals &) = delete;

 private:
  sigset_t raised_{};
  sigset_t before_{};
};

// A descriptor that does not wait (the other end of node's pipes is one) has no room at the moment.
bool wait_for_room() noexcept {
  constexpr int patience_ms = 1000;
  pollfd room{STDERR_FILENO, POLLOUT, 0};
  return poll(&room, 1, patience_ms) == 1;
}

}  // namespace

void say_text(std::string_view text) noexcept {
  const int errno_before = errno;
  const WithoutWriteSignals without_signals;
  while (!text.empty()) {
    const ssize_t written = write(STDERR_FILENO, text.data(), text.size());
    if (written > 0)
      text.remove_prefix(static_cast<std::size_t>(written));
    else if (written < 0 && errno == EAGAIN ? !wait_for_room() : errno != EINTR)
      break;
  }
  errno = errno_before;
}

void say_line(std::string_view text) noexcept {
  try {
    // In one write, so that it is not mixed with what others write.
    say_text(fmt::format("rusage-bpf: {}\n", text));
  } catch (...) {
    say_text("rusage-bpf: ");
    say_text(text);
    say_text("\n");
  }
}

}  // namespace rusage_bpf
