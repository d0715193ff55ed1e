#include "os/signals.h"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <fstream>

#include "os/bus_signal.h"
#include "os/clock.h"

namespace rusage_bpf {
namespace {

// How long a sender that waits for a CPU is waited for, and with how much CPU time it would have sent all.
constexpr std::uint64_t max_grace_ns = 200'000'000;
constexpr std::uint64_t enough_run_ns = 500'000;

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

// The CPU time of a process that runs or waits for a CPU; nothing if it does neither, or that is hidden.
std::optional<std::uint64_t> run_ns_if_runnable(pid_t pid) {
  std::ifstream stat(fmt::format("/proc/{}/stat", pid));
  std::string line;
  std::getline(stat, line);
  // The name stands in parentheses, and may have some itself.
  const std::size_t name_end = line.rfind(')');
  if (name_end == std::string::npos || line.compare(name_end, 3, ") R") != 0) return std::nullopt;
  std::uint64_t run_ns = 0;
  std::ifstream schedstat(fmt::format("/proc/{}/schedstat", pid));
  return schedstat >> run_ns ? std::optional(run_ns) : std::nullopt;
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
        !witness_ || answered_ns_ >= waiting.grace_over_ns || now_ns >= waiting.since_ns + answer_timeout_ns;
    if (same != seen_by_witness_.end()) {
      waiting.signal.to_group = true;
      sent_to_group_.push_back(waiting);
      seen_by_witness_.erase(same);
    } else if (repeats_one_to_group(waiting)) {
      return true;
    } else if (!to_this_process_only) {
      return false;
    }
    ready_.push_back(waiting.signal);
    return true;
  });
}

// The kernel makes one of two equal signals if the first is still pending, but this recorder may have taken it already.
bool SignalQueue::repeats_one_to_group(const Waiting &waiting) {
  std::erase_if(sent_to_group_, [&](const Waiting &sent) { return waiting.since_ns > sent.since_ns + max_grace_ns; });
  if (waiting.signal.number >= SIGRTMIN) return false;
  return std::any_of(sent_to_group_.begin(), sent_to_group_.end(), [&](const Waiting &sent) {
    const bool is_near = waiting.since_ns < sent.since_ns + grace_ns && sent.since_ns < waiting.grace_over_ns;
    return is_near && sent.signal.number == waiting.signal.number && sent.signal.sender == waiting.signal.sender;
  });
}

// A sender that waits for a CPU, perhaps as the recorder took it, has not had the time for a second signal.
bool SignalQueue::may_send_more(Waiting &waiting, std::uint64_t now_ns) {
  if (now_ns >= waiting.since_ns + max_grace_ns) return false;
  const auto run_ns = run_ns_if_runnable(waiting.signal.sender);
  if (!waiting.sender_run_ns) waiting.sender_run_ns = run_ns;
  return run_ns && *run_ns < *waiting.sender_run_ns + enough_run_ns;
}

// Asks the witness when the grace of the first waiting signal is over, and then waits for the answer.
void SignalQueue::set_alarm(std::uint64_t now_ns) {
  if (waiting_.empty()) return alarm_.set(never_ns);
  Waiting &first = waiting_.front();
  const bool is_asked = asked_ns_ >= first.grace_over_ns;
  if (now_ns >= first.grace_over_ns && !is_asked) {
    if (may_send_more(first, now_ns))
      first.grace_over_ns = now_ns + grace_ns;
    else if (witness_ && witness_->ask())
      asked_ns_ = now_ns;
  }
  alarm_.set(now_ns < first.grace_over_ns ? first.grace_over_ns : first.since_ns + answer_timeout_ns);
}

}  // namespace rusage_bpf
