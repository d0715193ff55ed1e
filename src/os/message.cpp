#include "os/message.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <ctime>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "os/blocked_signals.h"

#include "os/text.h"

namespace rusage_bpf {
namespace {

// Signals that a write may raise: a pipe has no reader, a file is over its limit, a terminal belongs to another job.
constexpr std::array write_signals{SIGPIPE, SIGXFSZ, SIGTTOU};

class WithoutWriteSignals {
 public:
  WithoutWriteSignals() noexcept {
    sigset_t pending;
    sigpending(&pending);
    sigemptyset(&raised_);
    // A signal that was pending before must stay pending.
    for (const int signal : write_signals)
      if (sigismember(&pending, signal) == 0) sigaddset(&raised_, signal);
  }
  ~WithoutWriteSignals() {
    constexpr timespec at_once{};
    while (sigtimedwait(&raised_, nullptr, &at_once) > 0) continue;
  }
  WithoutWriteSignals(const WithoutWriteSignals &) = delete;
  WithoutWriteSignals &operator=(const WithoutWriteSignals &) = delete;

 private:
  const BlockedSignals blocked_{SIGPIPE, SIGXFSZ, SIGTTOU};
  sigset_t raised_{};
};

// Waits for a non-blocking descriptor, such as a pipe of Node.js.
bool wait_until_writable() noexcept {
  constexpr int timeout_ms = 1000;
  pollfd writable{STDERR_FILENO, POLLOUT, 0};
  return poll(&writable, 1, timeout_ms) == 1;
}

void write_text(std::string_view text) noexcept {
  const WithoutWriteSignals without_signals;
  while (!text.empty()) {
    const ssize_t written = write(STDERR_FILENO, text.data(), text.size());
    if (written > 0)
      text.remove_prefix(static_cast<std::size_t>(written));
    else if (written < 0 && errno == EAGAIN ? !wait_until_writable() : errno != EINTR)
      break;
  }
}

// The messages for the thread. The thread shares ownership, because it may run longer than the rest of the program.
class Queue {
 public:
  void push(std::string_view text) {
    constexpr std::size_t max_bytes = std::size_t{256} << 10;
    const std::lock_guard lock(mutex_);
    if (text_.size() + text.size() > max_bytes) return;
    text_ += text;
    changed_.notify_all();
  }

  [[noreturn]] void write_all() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return !text_.empty(); });
      const std::string text = std::exchange(text_, {});
      is_writing_ = true;
      lock.unlock();
      write_text(text);
      lock.lock();
      is_writing_ = false;
      changed_.notify_all();
    }
  }

  // False if the timeout passed.
  bool wait_until_written(std::chrono::milliseconds timeout) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, timeout, [this] { return text_.empty() && !is_writing_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string text_;
  bool is_writing_ = false;
};

// The queue of the program. Null while messages are written directly.
std::shared_ptr<Queue> &background() noexcept {
  static std::shared_ptr<Queue> queue;
  return queue;
}

}  // namespace

void say_text(std::string_view text) noexcept {
  const int errno_before = errno;
  try {
    if (background())
      background()->push(text);
    else
      write_text(text);
  } catch (...) {
    // Out of memory. Only the message is lost.
  }
  errno = errno_before;
}

void say_line(std::string_view text) noexcept {
  try {
    // One write, so that other processes' output does not mix with it.
    say_text(fmt::format("rusage-bpf: {}\n", one_line(text)));
  } catch (...) {
    say_text("rusage-bpf: out of memory while writing a message\n");
  }
}

void say_in_background() noexcept {
  if (background()) return;
  try {
    const BlockedSignals blocked;
    const auto queue = std::make_shared<Queue>();
    std::thread([queue] { queue->write_all(); }).detach();
    background() = queue;
  } catch (...) {
    // Without a thread, messages are written directly.
  }
}

void finish_saying() noexcept {
  constexpr std::chrono::milliseconds moment{100};
  constexpr std::chrono::hours a_day{24};
  if (!background() || background()->wait_until_written(moment)) return;
  // Signals that are already pending were for the recording.
  sigset_t ending;
  sigemptyset(&ending);
  for (const int signal : {SIGINT, SIGQUIT, SIGTERM}) {
    static_cast<void>(std::signal(signal, SIG_IGN));
    static_cast<void>(std::signal(signal, SIG_DFL));
    sigaddset(&ending, signal);
  }
  pthread_sigmask(SIG_UNBLOCK, &ending, nullptr);
  while (!background()->wait_until_written(a_day)) continue;
}

}  // namespace rusage_bpf
