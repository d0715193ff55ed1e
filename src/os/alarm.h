// A timer that wakes poll(2) more exactly than poll's own timeout.
#pragma once

#include <sys/timerfd.h>

#include <cstdint>

#include "os/clock.h"
#include "os/error.h"
#include "os/fd.h"

namespace rusage_bpf {

class Alarm {
 public:
  static Result<Alarm> open() {
    Fd fd(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
    if (!fd) return errno_error("making a timer");
    return Alarm(std::move(fd));
  }

  [[nodiscard]] int fd() const { return fd_.get(); }

  // The descriptor is readable from `monotonic_ns` on, until `set` is called again.
  void set(std::uint64_t monotonic_ns) {
    itimerspec at{};
    at.it_value.tv_sec = static_cast<time_t>(monotonic_ns / ns_per_s);
    at.it_value.tv_nsec = static_cast<long>(monotonic_ns % ns_per_s);
    timerfd_settime(fd_.get(), TFD_TIMER_ABSTIME, &at, nullptr);
  }

 private:
  explicit Alarm(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace rusage_bpf
