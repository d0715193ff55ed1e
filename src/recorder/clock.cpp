#include "recorder/clock.h"

#include <algorithm>

#include "os/clock.h"

namespace rusage_bpf {

Result<SystemClock> SystemClock::open() {
  auto alarm = Alarm::open();
  if (!alarm) return tl::unexpected(alarm.error());
  return SystemClock(*std::move(alarm));
}

std::uint64_t SystemClock::monotonic_ns() {
  return rusage_bpf::monotonic_ns();
}

std::uint64_t SystemClock::realtime_ns() {
  return rusage_bpf::realtime_ns();
}

void SystemClock::wait(std::uint64_t until_ns, std::span<pollfd> events) {
  alarm_.set(until_ns);
  polled_.assign(events.begin(), events.end());
  polled_.push_back({alarm_.fd(), POLLIN, 0});
  poll(polled_.data(), polled_.size(), -1);
  std::copy_n(polled_.begin(), events.size(), events.begin());
}

}  // namespace rusage_bpf
