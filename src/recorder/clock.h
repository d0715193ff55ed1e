// Time as a recording has it, and how it waits.
#pragma once

#include <poll.h>

#include <cstdint>
#include <span>
#include <vector>

#include "os/alarm.h"
#include "os/error.h"
#include "os/fd.h"

namespace rusage_bpf {

class Clock {
 public:
  Clock() = default;
  Clock(Clock &&) = default;
  Clock &operator=(Clock &&) = default;
  virtual ~Clock() = default;

  virtual std::uint64_t monotonic_ns() = 0;
  virtual std::uint64_t realtime_ns() = 0;
  // Returns at `until_ns`, or as soon as one of the events has come: then they say which, as after poll().
  virtual void wait(std::uint64_t until_ns, std::span<pollfd> events) = 0;
};

// What is waited for stays registered with the kernel, so that a wait costs little more than a sleep.
class SystemClock final : public Clock {
 public:
  static Result<SystemClock> open();

  std::uint64_t monotonic_ns() override;
  std::uint64_t realtime_ns() override;
  void wait(std::uint64_t until_ns, std::span<pollfd> events) override;

 private:
  SystemClock(Alarm alarm, Fd epoll) : alarm_(std::move(alarm)), epoll_(std::move(epoll)) {}
  [[nodiscard]] bool is_registered(std::span<const pollfd> events) const;
  void register_events(std::span<const pollfd> events);

  Alarm alarm_;
  Fd epoll_;                  // of the alarm, and of what was waited for last
  std::vector<pollfd> last_;  // with revents where it is always ready, as a file is
};

}  // namespace rusage_bpf
