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

// What a write may raise: a pipe without a reader, a file over its limit, a terminal that belongs to another job.
constexpr std::array write_signals{SIGPIPE, SIGXFSZ, SIGTTOU};

class WithoutWriteSignals {
 public:
  WithoutWriteSignals() noexcept {
    sigset_t pending;
    sigpending(&pending);
    sigemptyset(&raised_);
    // One that was pending before is not ours to take away.
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

// A descriptor that does not wait (the other end of node's pipes is one) has no room at the moment.
bool wait_for_room() noexcept {
  constexpr int patience_ms = 1000;
  pollfd room{STDERR_FILENO, POLLOUT, 0};
  return poll(&room, 1, patience_ms) == 1;
}

void write_text(std::string_view text) noexcept {
  const WithoutWriteSignals without_signals;
  while (!text.empty()) {
    const ssize_t written = write(STDERR_FILENO, text.data(), text.size());
    if (written > 0)
      text.remove_prefix(static_cast<std::size_t>(written));
    else if (written < 0 && errno == EAGAIN ? !wait_for_room() : errno != EINTR)
      break;
  }
}

// The messages that wait for the thread. The thread holds it as well, as it may outlast the rest of the program.
class Queue {
 public:
  void push(std::string_view text) {
    constexpr std::size_t most_bytes = std::size_t{256} << 10;
    const std::lock_guard lock(mutex_);
    if (text_.size() + text.size() > most_bytes) return;
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

  // False if that takes longer.
  bool wait_until_written(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [this] { return text_.empty() && !is_writing_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string text_;
  bool is_writing_ = false;
};

// One for the program, as standard error is; none while messages are written at once.
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
    // Out of memory for the message alone.
  }
  errno = errno_before;
}

void say_line(std::string_view text) noexcept {
  try {
    // In one write, so that it is not mixed with what others write.
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
    // Without a thread, messages are written at once.
  }
}

void finish_saying() noexcept {
  constexpr std::chrono::milliseconds moment{100};
  constexpr std::chrono::hours a_day{24};
  if (!background() || background()->wait_until_written(moment)) return;
  // What has come meanwhile was for the recording.
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
