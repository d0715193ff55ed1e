#include "recorder/text_thread.h"

#include <system_error>
#include <utility>

#include "os/blocked_signals.h"

namespace rusage_bpf {

TextThread::TextThread(Sinks &sinks, std::chrono::nanoseconds gather) : sinks_(sinks), gather_(gather) {
  taken_.reserve(most_waiting);
  waiting_.reserve(most_waiting);
  const BlockedSignals blocked;
  try {
    thread_ = std::jthread([this](const std::stop_token &stop) { run(stop); });
  } catch (const std::system_error &) {
    // There is a limit of threads.
  }
}

void TextThread::add(std::variant<Row, Process> record) {
  std::size_t waiting = 0;
  {
    const std::lock_guard lock(mutex_);
    if (failure_) std::rethrow_exception(failure_);
    waiting_.push_back(std::move(record));
    waiting = waiting_.size();
  }
  if (!thread_.joinable() || waiting >= most_waiting)
    pass_on();
  else if (waiting == worth_waking())
    changed_.notify_one();
}

void TextThread::run(const std::stop_token &stop) noexcept {
  try {
    for (;;) {
      {
        std::unique_lock lock(mutex_);
        const auto is_due = [this] { return waiting_.size() >= worth_waking(); };
        if (gather_.count() > 0)
          changed_.wait_for(lock, stop, gather_, is_due);
        else
          changed_.wait(lock, stop, is_due);
        if (stop.stop_requested()) return;
      }
      pass_on();
    }
  } catch (...) {
    const std::lock_guard lock(mutex_);
    failure_ = std::current_exception();
  }
}

void TextThread::pass_on() {
  const std::lock_guard using_sinks(sinks_mutex_);
  {
    const std::lock_guard lock(mutex_);
    std::swap(taken_, waiting_);
  }
  for (const auto &record : taken_) {
    if (const auto *row = std::get_if<Row>(&record))
      sinks_.row(*row);
    else
      sinks_.process(std::get<Process>(record));
  }
  taken_.clear();
}

void TextThread::finish() {
  if (thread_.joinable()) {
    thread_.request_stop();
    thread_.join();
  }
  if (failure_) std::rethrow_exception(failure_);
  pass_on();
}

}  // namespace rusage_bpf
