// The two clocks: monotonic for intervals and deadlines, realtime for the time of day. Both in
// nanoseconds.
#pragma once

#include <sys/time.h>

#include <cstdint>
#include <ctime>

namespace rusage_bpf {

inline constexpr std::uint64_t ns_per_s = 1'000'000'000;

inline std::uint64_t clock_ns(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * ns_per_s + static_cast<std::uint64_t>(now.tv_nsec);
}

inline std::uint64_t to_ns(const timeval &time) {
  return static_cast<std::uint64_t>(time.tv_sec) * ns_per_s + static_cast<std::uint64_t>(time.tv_usec) * 1000;
}

inline std::uint64_t monotonic_ns() {
  return clock_ns(CLOCK_MONOTONIC);
}
inline std::uint64_t realtime_ns() {
  return clock_ns(CLOCK_REALTIME);
}

}  // namespace rusage_bpf
