#include "recorder/clock.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>

#include "os/clock.h"

namespace rusage_bpf {

namespace {

constexpr std::uint32_t alarm_number = UINT32_MAX;

bool add_to(int epoll, int fd, std::uint32_t number) {
  epoll_event event{.events = EPOLLIN, .data = {.u32 = number}};
  return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

}  // namespace

Result<SystemClock> SystemClock::open() {
  auto alarm = Alarm::open();
  if (!alarm) return tl::unexpected(alarm.error());
  Fd epoll(epoll_create1(EPOLL_CLOEXEC));
  if (!epoll || !add_to(epoll.get(), alarm->fd(), alarm_number)) return errno_error("preparing to wait for events");
  return SystemClock(*std::move(alarm), std::move(epoll));
}

std::uint64_t SystemClock::monotonic_ns() {
  return rusage_bpf::monotonic_ns();
}

std::uint64_t SystemClock::realtime_ns() {
  return rusage_bpf::realtime_ns();
}

void SystemClock::wait(std::uint64_t until_ns, std::span<pollfd> events) {
  if (!is_registered(events)) register_events(events);
  const bool is_ready = std::any_of(last_.begin(), last_.end(), [](const pollfd &event) { return event.revents != 0; });
  alarm_.set(until_ns);
  std::array<epoll_event, 8> ready{};
  const int count = epoll_wait(epoll_.get(), ready.data(), ready.size(), is_ready ? 0 : -1);
  for (std::size_t i = 0; i < events.size(); i++) events[i].revents = last_[i].revents;
  for (int i = 0; i < count; i++)
    if (ready[i].data.u32 != alarm_number) events[ready[i].data.u32].revents = POLLIN;
}

bool SystemClock::is_registered(std::span<const pollfd> events) const {
  return std::equal(events.begin(), events.end(), last_.begin(), last_.end(),
                    [](const pollfd &a, const pollfd &b) { return a.fd == b.fd; });
}

// A file can always be read, which epoll refuses to say.
void SystemClock::register_events(std::span<const pollfd> events) {
  for (const pollfd &event : last_) epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, event.fd, nullptr);
  last_.assign(events.begin(), events.end());
  for (std::uint32_t i = 0; i < last_.size(); i++) {
    last_[i].revents = 0;
    if (last_[i].fd >= 0 && !add_to(epoll_.get(), last_[i].fd, i)) last_[i].revents = POLLIN;
  }
}

}  // namespace rusage_bpf
