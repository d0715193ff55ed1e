#include "recorder/recorder.h"

#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "model/schedule.h"
#include "os/alarm.h"
#include "os/clock.h"
#include "os/signals.h"

namespace rusage_bpf {
namespace {

// All sinks as one. One that fails is given up; the others go on.
class Sinks {
 public:
  explicit Sinks(std::vector<std::unique_ptr<Sink>> sinks) : sinks_(std::move(sinks)) {}

  void begin(const Recording &recording) {
    each([&](Sink &sink) { return sink.begin(recording); });
  }
  void row(const Row &row) {
    totals_.add(row);
    each([&](Sink &sink) { return sink.row(row); });
  }
  void end(const Outcome &outcome) {
    each([&](Sink &sink) { return sink.end(outcome); });
  }

  [[nodiscard]] const Totals &totals() const { return totals_; }
  [[nodiscard]] const std::optional<Error> &first_error() const { return first_error_; }

 private:
  template <typename Action>
  void each(Action action) {
    std::erase_if(sinks_, [&](const std::unique_ptr<Sink> &sink) {
      const Result<void> done = action(*sink);
      if (!done && !first_error_) first_error_ = done.error();
      return !done;
    });
  }

  std::vector<std::unique_ptr<Sink>> sinks_;
  Totals totals_;
  std::optional<Error> first_error_;
};

// The terminal's keys reach the command without us, its end only where we do not lead the session.
// What somebody sends to us alone is passed on; what the command sends to its whole group is not
// sent back to it.
bool meant_for_command(const signalfd_siginfo &signal, pid_t command) {
  if (signal.ssi_code != SI_KERNEL) return static_cast<pid_t>(signal.ssi_pid) != command;
  return signal.ssi_signo == SIGHUP && getsid(0) == getpid();
}

// The command was reaped, but tasks may still be on their way to their last switch: a matter of
// microseconds, unless their CPU is taken away.
Result<Snapshot> look_at_the_end(Source &source) {
  constexpr std::uint64_t patience_ns = 200'000'000;
  constexpr useconds_t pause_us = 100;
  const std::uint64_t give_up_ns = monotonic_ns() + patience_ns;
  for (;;) {
    auto snapshot = source.look();
    if (!snapshot || monotonic_ns() > give_up_ns) return snapshot;
    if (snapshot->dying_tasks == 0 && snapshot->pending_births == 0) return snapshot;
    usleep(pause_us);
  }
}

std::uint64_t own_cpu_ns(const rusage &usage) {
  const auto ns = [](const timeval &t) {
    return static_cast<std::uint64_t>(t.tv_sec) * ns_per_s +
           static_cast<std::uint64_t>(t.tv_usec) * 1000;
  };
  return ns(usage.ru_utime) + ns(usage.ru_stime);
}

}  // namespace

Result<Recorded> record(Recording recording, Source &source, Launch &command,
                        std::vector<std::unique_ptr<Sink>> all_sinks) {
  // A reader of an output that goes away, and a file that grows too large, are that output's
  // errors. The command was forked before this and keeps what it was given.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  auto signals = SignalQueue::open({SIGCHLD, SIGTERM, SIGHUP, SIGINT, SIGQUIT});
  auto alarm = Alarm::open();
  if (!signals) return tl::unexpected(signals.error());
  if (!alarm) return tl::unexpected(alarm.error());

  Sinks sinks(std::move(all_sinks));
  RowMaker rows(Baseline::birth);
  auto snapshot = source.look();
  if (!snapshot) return tl::unexpected(snapshot.error());
  recording.start_realtime_ns = realtime_ns();
  sinks.begin(recording);
  sinks.row(rows.next(*snapshot, recording.start_realtime_ns));
  Schedule schedule(snapshot->monotonic_ns, recording.interval_ns, longest_pause_ns);
  if (auto released = command.release(); !released) return tl::unexpected(released.error());

  std::optional<Launch::Ended> ended;
  while (!ended) {
    alarm->set(schedule.next_look_ns(monotonic_ns()));
    std::array<pollfd, 2> events{pollfd{signals->fd(), POLLIN, 0}, pollfd{alarm->fd(), POLLIN, 0}};
    poll(events.data(), events.size(), -1);
    while (const auto signal = signals->next()) {
      if (signal->ssi_signo != SIGCHLD) {
        if (meant_for_command(*signal, command.pid()))
          command.forward(static_cast<int>(signal->ssi_signo));
        continue;
      }
      auto reaped = command.reap();
      if (!reaped) return tl::unexpected(reaped.error());
      if (*reaped) ended = **reaped;
    }
    if (ended) break;
    snapshot = source.look();
    if (!snapshot) return tl::unexpected(snapshot.error());
    if (schedule.take_row(snapshot->monotonic_ns)) sinks.row(rows.next(*snapshot, realtime_ns()));
  }

  snapshot = look_at_the_end(source);
  if (!snapshot) return tl::unexpected(snapshot.error());
  const std::uint64_t end_ns = realtime_ns();
  // The last row stands for a deadline that has just passed, if one has; more than one were missed.
  schedule.take_row(snapshot->monotonic_ns);
  sinks.row(rows.next(*snapshot, end_ns));

  rusage own{};
  getrusage(RUSAGE_SELF, &own);
  const Outcome outcome{
      .end_realtime_ns = end_ns,
      .exit = ended->exit,
      .totals = sinks.totals(),
      .audit = {.kernel = ended->kernel,
                .untracked_tasks = snapshot->untracked_tasks,
                .events_lost = source.events_lost(),
                .ticks_missed = schedule.missed(),
                .recorder_cpu_ns = own_cpu_ns(own),
                .recorder_peak_rss_bytes = static_cast<std::uint64_t>(own.ru_maxrss) * 1024}};
  sinks.end(outcome);
  return Recorded{outcome, sinks.first_error()};
}

}  // namespace rusage_bpf
