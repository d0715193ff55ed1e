#include "os/signals.h"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <bit>

#include "os/bus_signal.h"
#include "os/clock.h"

namespace rusage_bpf {
namespace {

// How long to wait for a witness that does not answer, for example because it was stopped.
constexpr std::uint64_t answer_timeout_ns = 500'000'000;
constexpr std::uint64_t never_ns = INT64_MAX;
// How long a signal of the witness may match one of the recorder.
constexpr std::uint64_t max_match_ns = 1'000'000'000;

// SIGBUS is handled in bus_signal.h.
bool can_be_blocked(int number) {
  return number != SIGKILL && number != SIGSTOP && number != SIGBUS;
}

template <typename Condition>
sigset_t signals_that(Condition condition) {
  sigset_t set;
  sigemptyset(&set);
  // glibc uses the two signals below SIGRTMIN itself.
  for (int number = 1; number <= SIGRTMAX; number++)
    if (can_be_blocked(number) && condition(number)) sigaddset(&set, number);
  return set;
}

bool is_ignored(int number) {
  struct sigaction action {};
  return sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

bool watch(int epoll, int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

}  // namespace

std::string signal_name(int number) {
  if (const char *name = sigabbrev_np(number)) return fmt::format("SIG{}", name);
  return number == SIGRTMIN ? "SIGRTMIN" : fmt::format("SIGRTMIN+{}", number - SIGRTMIN);
}

bool ends_by_default(int number) {
  switch (number) {
    case SIGCHLD:
    case SIGCONT:
    case SIGSTOP:
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU:
    case SIGURG:
    case SIGWINCH:
      return false;
    default:
      return true;
  }
}

bool Signal::stops() const {
  return number == SIGTSTP || number == SIGTTIN || number == SIGTTOU;
}

void act_on_stop(const Signal &signal) {
  if (signal.was_ignored) return;
  sigset_t one;
  sigemptyset(&one);
  sigaddset(&one, signal.number);
  // The kernel then decides as for the other processes of the group whether it stops this one.
  static_cast<void>(raise(signal.number));
  pthread_sigmask(SIG_UNBLOCK, &one, nullptr);
  pthread_sigmask(SIG_BLOCK, &one, nullptr);
}

Result<SignalQueue> SignalQueue::take_all(std::optional<GroupWitness> witness) {
  return open(signals_that([](int) { return true; }), std::move(witness), signals_that(is_ignored));
}

Result<SignalQueue> SignalQueue::take_ending() {
  const auto ends_us = [](int number) { return ends_by_default(number) && !is_ignored(number); };
  return open(signals_that(ends_us), std::nullopt, signals_that([](int) { return false; }));
}

Result<SignalQueue> SignalQueue::open(const sigset_t &taken, std::optional<GroupWitness> witness,
                                      const sigset_t &ignored) {
  if (sigprocmask(SIG_BLOCK, &taken, nullptr) != 0) return errno_error("blocking signals");
  // If SIGCHLD were ignored, the kernel would reap children, without their status.
  static_cast<void>(std::signal(SIGCHLD, SIG_DFL));
  Fd signals(signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK));
  auto bus_signals = take_sent_bus_signals();
  if (!bus_signals) return tl::unexpected(bus_signals.error());
  auto alarm = Alarm::open();
  if (!alarm) return tl::unexpected(alarm.error());
  Fd events(epoll_create1(EPOLL_CLOEXEC));
  if (!signals || !events || !watch(events.get(), signals.get()) || !watch(events.get(), bus_signals->get()) ||
      !watch(events.get(), alarm->fd()) || (witness && !watch(events.get(), witness->fd())))
    return errno_error("making a signal queue");
  return SignalQueue(std::move(signals), *std::move(bus_signals), *std::move(alarm), std::move(events),
                     std::move(witness), ignored);
}

std::optional<Signal> SignalQueue::next() {
  if (anything_new()) {
    const std::uint64_t now_ns = monotonic_ns();
    read_signals();
    read_bus_signals();
    read_witness();
    release_waiting(now_ns);
    set_alarm(now_ns);
  }
  if (ready_.empty()) return std::nullopt;
  const Signal signal = ready_.front();
  ready_.pop_front();
  return signal;
}

bool SignalQueue::anything_new() const {
  epoll_event event{};
  return epoll_wait(events_.get(), &event, 1, 0) > 0;
}

void SignalQueue::read_signals() {
  signalfd_siginfo info{};
  while (read(signals_.get(), &info, sizeof(info)) == sizeof(info)) {
    const Signal signal{.number = static_cast<int>(info.ssi_signo),
                        .code = info.ssi_code,
                        .sender = static_cast<pid_t>(info.ssi_pid),
                        .value = info.ssi_ptr,
                        .was_ignored = sigismember(&ignored_, static_cast<int>(info.ssi_signo)) == 1};
    // It is from a write of this process, which failed and reports that itself.
    if (!signal.from_kernel() && signal.number != SIGCHLD && signal.sender == getpid()) continue;
    if (signal.number == SIGCONT) drop_stops();
    add(signal);
  }
}

void SignalQueue::read_bus_signals() {
  siginfo_t info{};
  while (read(bus_signals_.get(), &info, sizeof(info)) == sizeof(info))
    add({.number = SIGBUS,
         .code = info.si_code,
         .sender = info.si_pid,
         .value = std::bit_cast<std::uint64_t>(info.si_value.sival_ptr)});
}

void SignalQueue::add(const Signal &signal) {
  const bool is_process_s = signal.number != SIGCHLD && !signal.from_kernel();
  if (witness_ && is_process_s)
    waiting_.push_back({signal, monotonic_ns()});
  else
    ready_.push_back(signal);
}

// At SIGCONT, the kernel drops pending stop signals too.
void SignalQueue::drop_stops() {
  std::erase_if(ready_, [](const Signal &signal) { return signal.stops(); });
  std::erase_if(waiting_, [](const Waiting &waiting) { return waiting.signal.stops(); });
}

void SignalQueue::read_witness() {
  while (witness_ && witness_->fd() >= 0) {
    const auto received = witness_->next();
    if (!received) break;
    if (received->number == 0)
      answered_ns_ = asked_ns_;
    else
      seen_by_witness_.push_back({{.number = received->number, .sender = received->sender}, monotonic_ns()});
  }
  if (witness_ && witness_->fd() < 0) witness_.reset();
}

// A waiting signal is ready when it is known whether the witness received it too. The order stays the same.
void SignalQueue::release_waiting(std::uint64_t now_ns) {
  const auto is_old = [&](const Waiting &seen) { return now_ns > seen.since_ns + max_match_ns; };
  std::erase_if(seen_by_witness_, is_old);
  std::erase_if(waiting_, [&](Waiting &waiting) {
    const auto same = std::find_if(seen_by_witness_.begin(), seen_by_witness_.end(), [&](const Waiting &seen) {
      return seen.signal.number == waiting.signal.number && seen.signal.sender == waiting.signal.sender;
    });
    const bool to_this_process_only =
        !witness_ || answered_ns_ >= waiting.since_ns + grace_ns || now_ns >= waiting.since_ns + answer_timeout_ns;
    if (same != seen_by_witness_.end()) {
      waiting.signal.to_group = true;
      seen_by_witness_.erase(same);
    } else if (!to_this_process_only) {
      return false;
    }
    ready_.push_back(waiting.signal);
    return true;
  });
}

// Asks the witness when the first waiting signal has waited for `grace_ns`, and then waits for the answer.
void SignalQueue::set_alarm(std::uint64_t now_ns) {
  if (waiting_.empty()) return alarm_.set(never_ns);
  const std::uint64_t grace_over_ns = waiting_.front().since_ns + grace_ns;
  std::uint64_t at_ns = grace_over_ns;
  if (now_ns >= grace_over_ns) {
    if (witness_ && asked_ns_ < grace_over_ns && witness_->ask()) asked_ns_ = now_ns;
    at_ns = waiting_.front().since_ns + answer_timeout_ns;
  }
  alarm_.set(at_ns);
}

}  // namespace rusage_bpf
