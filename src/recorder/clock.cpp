#include "recorder/clock.h"

#include <algorithm>
#include <vector>

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
  std::vector<pollfd> all(events.begin(), events.end());
  all.push_back({alarm_.fd(), POLLIN, 0});
  poll(all.data(), all.size(), -1);
  std::copy_n(all.begin(), events.size(), events.begin());
}

}  // namespace rusage_bpf
