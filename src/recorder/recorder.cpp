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

// Passes on what came for the command, and tells how it ended if it did.
Result<std::optional<Launch::Ended>> take_signals(SignalQueue &signals, Launch &command) {
  while (const auto signal = signals.next()) {
    if (signal->ssi_signo != SIGCHLD) {
      if (meant_for_command(*signal, command.pid()))
        command.forward(static_cast<int>(signal->ssi_signo));
      continue;
    }
    auto ended = command.reap();
    if (!ended || *ended) return ended;
  }
  return std::nullopt;
}

// Sleeps until a signal has come or it is time to look.
void wait_for(const SignalQueue &signals, const Alarm &alarm) {
  std::array<pollfd, 2> events{pollfd{signals.fd(), POLLIN, 0}, pollfd{alarm.fd(), POLLIN, 0}};
  poll(events.data(), events.size(), -1);
}

Audit audit(const Launch::Ended &ended, const Snapshot &last, const Source &source,
            const Schedule &schedule) {
  rusage own{};
  getrusage(RUSAGE_SELF, &own);
  return {.kernel = ended.kernel,
          .untracked_tasks = last.untracked_tasks,
          .events_lost = source.events_lost(),
          .ticks_missed = schedule.missed(),
          .recorder_cpu_ns = to_ns(own.ru_utime) + to_ns(own.ru_stime),
          .recorder_peak_rss_bytes = static_cast<std::uint64_t>(own.ru_maxrss) * 1024};
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
    wait_for(*signals, *alarm);
    auto taken = take_signals(*signals, command);
    if (!taken) return tl::unexpected(taken.error());
    ended = *taken;
    snapshot = ended ? look_at_the_end(source) : source.look();
    if (!snapshot) return tl::unexpected(snapshot.error());
    // The last row comes when it comes; it stands for a deadline if one has just passed.
    const bool due = schedule.take_row(snapshot->monotonic_ns);
    if (due || ended) sinks.row(rows.next(*snapshot, realtime_ns()));
  }

  const Outcome outcome{.end_realtime_ns = realtime_ns(),
                        .exit = ended->exit,
                        .totals = sinks.totals(),
                        .audit = audit(*ended, *snapshot, source, schedule)};
  sinks.end(outcome);
  return Recorded{outcome, sinks.first_error()};
}

}  // namespace rusage_bpf
