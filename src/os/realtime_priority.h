// Real-time priority for the thread that records, so that it runs as soon as it wakes, whatever else does.
#pragma once

#include <utility>

namespace rusage_bpf {

// The calling thread has SCHED_FIFO with the lowest priority while this lives, if the system allows it: with
// CAP_SYS_NICE, or within RLIMIT_RTPRIO. Threads and processes that it starts do not have it (SCHED_RESET_ON_FORK).
class RealtimePriority {
 public:
  // Does nothing for a thread that has another policy than SCHED_OTHER already, as by chrt(1), or whose time at such a
  // priority is limited (RLIMIT_RTTIME).
  static RealtimePriority request();

  RealtimePriority(RealtimePriority &&other) noexcept : held_(std::exchange(other.held_, false)) {}
  RealtimePriority &operator=(RealtimePriority &&other) noexcept {
    std::swap(held_, other.held_);
    return *this;
  }
  ~RealtimePriority();

  [[nodiscard]] bool held() const { return held_; }

 private:
  explicit RealtimePriority(bool held) : held_(held) {}

  bool held_;
};

}  // namespace rusage_bpf
