// Time as a recording has it, and how it waits.
#pragma once

#include <poll.h>

#include <cstdint>
#include <span>
#include <vector>

#include "os/alarm.h"
#include "os/error.h"

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

class SystemClock final : public Clock {
 public:
  static Result<SystemClock> open();

  std::uint64_t monotonic_ns() override;
  std::uint64_t realtime_ns() override;
  void wait(std::uint64_t until_ns, std::span<pollfd> events) override;

 private:
  explicit SystemClock(Alarm alarm) : alarm_(std::move(alarm)) {}
  Alarm alarm_;
  std::vector<pollfd> polled_;  // kept, so that a sample allocates nothing
};

}  // namespace rusage_bpf
