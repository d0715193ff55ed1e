#include "recorder/recorder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <exception>
#include <string_view>
#include <utility>

#include "model/commands.h"
#include "model/process_sums.h"
#include "model/process_table.h"
#include "model/schedule.h"
#include "os/alarm.h"
#include "os/clock.h"
#include "os/fd.h"
#include "os/message.h"
#include "os/signals.h"
#include "os/write_all.h"
#include "output/sinks.h"
#include "output/text.h"
#include "proc/files.h"
#include "proc/oom_kills.h"
#include "proc/text.h"

namespace rusage_bpf {
namespace {

// Where rows go: the ring first.
class Places {
 public:
  Places(RecoveryRing &ring, std::vector<std::unique_ptr<Sink>> sinks)
      : ring_(ring), sinks_(std::move(sinks)) {}

  // Without the ring that the user has named there is no recording.
  Result<void> prepare(const Recording &recording) { return ring_.begin(recording); }
  void begin(const Recording &recording) {
    ring_.put_in_place();
    say_of_ring();
    sinks_.begin(recording);
  }
  void row(const Row &row) {
    ring_.append(row);
    say_of_ring();
    sinks_.row(row);
  }
  void process(const Process &process) { sinks_.process(process); }
  void end(const Outcome &outcome) {
    ring_.end(outcome);
    say_of_ring();
    sinks_.end(outcome);
  }

  [[nodiscard]] const Totals &totals() const { return sinks_.totals(); }
  [[nodiscard]] const std::map<std::size_t, Error> &errors() const { return sinks_.errors(); }

 private:
  void say_of_ring() {
    if (const auto message = ring_.take_message()) say_line(*message);
  }

  RecoveryRing &ring_;
  Sinks sinks_;
};

// What becomes of single processes: the outputs get each as soon as it is over, and commands their sums.
class Spans {
 public:
  Spans(Baseline baseline, std::uint64_t most, Places &places)
      : table_(baseline), most_(most), places_(places) {}

  void begin(std::uint64_t start_ns, const TaskEvents &events) { table_.begin(start_ns, events); }

  void apply(const TaskEvents &events, const Values &counted) {
    table_.take(events);
    for (Process &process : table_.finished()) settle(std::move(process), counted);
  }

  // After the last sample.
  void end(const Values &counted, bool all_listed) {
    for (Process &process : table_.rest()) settle(std::move(process), counted);
    if (const auto last = sums_.settle_last(counted, all_listed)) give(*last);
  }

  [[nodiscard]] std::vector<Command> commands() const { return commands_.by_cpu(); }
  [[nodiscard]] std::uint64_t killed() const { return killed_; }
  [[nodiscard]] const std::vector<std::string> &killed_names() const { return killed_names_; }
  // What the kernel's total of the command lacks of what the rows hold. Tasks that are not listed may have been waited
  // for or not.
  [[nodiscard]] std::optional<Unwaited> unwaited(const Values &counted, bool all_listed) const {
    if (!table_.account() || !all_listed) return std::nullopt;
    const std::uint64_t all_ns = counted[RUSAGE_user] + counted[RUSAGE_system];
    return Unwaited{.processes = table_.unwaited_processes(),
                    .cpu_ns = all_ns - std::min(all_ns, table_.account()->cpu_ns())};
  }
  [[nodiscard]] std::uint64_t left_out() const { return count_ - std::min(count_, most_); }

 private:
  void settle(Process process, const Values &counted) {
    if (const auto settled = sums_.settle(std::move(process), counted)) give(*settled);
  }
  void give(const Process &process) {
    commands_.add(process);
    if (process.account)
      process.account->add(process.value[RUSAGE_user] + process.value[RUSAGE_system]);
    if (process.exit.signal == SIGKILL) note_kill(process);
    if (count_++ < most_) places_.process(process);
  }

  void note_kill(const Process &process) {
    constexpr std::size_t most_names = 5;
    killed_++;
    const std::string name = process.image->command.value_or("(unknown)");
    const bool is_new =
        std::find(killed_names_.begin(), killed_names_.end(), name) == killed_names_.end();
    if (is_new && killed_names_.size() < most_names) killed_names_.push_back(name);
  }

  ProcessTable table_;
  ProcessSums sums_;
  Commands commands_;
  std::uint64_t count_ = 0;
  std::uint64_t most_;
  std::uint64_t killed_ = 0;
  std::vector<std::string> killed_names_;
  Places &places_;
};

// The command was reaped, but tasks may still be on their way to their last switch: a matter of
// microseconds, unless their CPU is taken away.
Result<Sample> final_sample(Source &source) {
  constexpr std::uint64_t patience_ns = 200'000'000;
  constexpr useconds_t pause_us = 100;
  const std::uint64_t give_up_ns = monotonic_ns() + patience_ns;
  auto sample = source.sample(true);
  while (sample && (sample->snapshot.dying_tasks > 0 || sample->snapshot.pending_births > 0) &&
         monotonic_ns() <= give_up_ns) {
    usleep(pause_us);
    auto next = source.sample(true);
    if (!next) return next;
    append(*sample, *std::move(next));
  }
  return sample;
}

// Gives the target what came for it, and tells the end of the recording if that is among it.
Result<std::optional<Ended>> take_signals(SignalQueue &signals, Target &target) {
  while (const auto signal = signals.next()) {
    auto ended = target.take(*signal);
    if (!ended || *ended) return ended;
  }
  return std::nullopt;
}

bool at_end(int input) {
  std::array<char, 4096> unused{};
  const ssize_t got = read(input, unused.data(), unused.size());
  return got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN);
}

// Sleeps until a signal has come, it is time for a sample, or one of `stops` has happened: which, or nothing.
std::optional<EndReason> wait_for(const SignalQueue &signals, const Alarm &alarm,
                                  const StopConditions &stops, const BackgroundWriters &writers) {
  std::array<pollfd, 5> events{pollfd{signals.fd(), POLLIN, 0}, pollfd{alarm.fd(), POLLIN, 0},
                               pollfd{stops.input, POLLIN, 0}, pollfd{stops.process, POLLIN, 0},
                               pollfd{writers.fd(), POLLIN, 0}};
  poll(events.data(), events.size(), -1);
  if (events[2].revents != 0 && at_end(stops.input)) return EndReason::eof;
  if (events[3].revents != 0) return EndReason::stop_with;
  if (events[4].revents != 0) {
    writers.take_note();
    if (stops.without_outputs && !writers.any_left()) return EndReason::outputs;
  }
  return std::nullopt;
}

// The kernel's maximum for wait goes on through fork and exec: it may be that of the program that started us.
std::optional<std::uint64_t> own_peak_rss() {
  const Fd directory(open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC));
  proc::Reader reader;
  const auto text = reader.file(directory.get(), "self/status");
  const auto status = text ? proc::parse_status(*text) : std::nullopt;
  return status && status->peak_rss_bytes > 0 ? std::optional(status->peak_rss_bytes)
                                              : std::nullopt;
}

Audit audit(const KernelTotal &kernel, const Losses &losses, const Source &source) {
  rusage own{};
  getrusage(RUSAGE_SELF, &own);
  const MissedEvents missed = source.missed_events();
  return {.kernel = kernel,
          .losses = losses,
          .events_lost = missed.events_lost,
          .unseen_tasks = missed.tasks,
          .unlisted_tasks = missed.unlisted_tasks,
          .unreadable_processes = missed.unreadable_processes,
          .untraceable_tasks = missed.untraceable_tasks,
          .recorder_cpu_ns = to_ns(own.ru_utime) + to_ns(own.ru_stime),
          .recorder_peak_rss_bytes = own_peak_rss()};
}

Result<Recorded> record_to_end(Recording recording, Baseline baseline, const StopConditions &stops,
                               RecorderDeps &&deps) {
  auto &[source, target, signals, ring, sinks, writers, max_processes] = deps;
  // The command was forked before this and keeps what it was given.
  take_write_signals_as_errors();
  auto alarm = Alarm::open();
  if (!alarm) return tl::unexpected(alarm.error());

  const proc::OomKills kills = recording.root_pid ? proc::OomKills::of_process(*recording.root_pid)
                                                  : proc::OomKills::of_cgroup(recording.cgroup);
  const proc::OomKills kills_on_machine = proc::OomKills::of_machine();
  Places places(ring, std::move(sinks));
  RowMaker rows(baseline);
  Spans spans(baseline, max_processes, places);
  auto sample = source.sample(baseline == Baseline::first_look);
  if (!sample) return tl::unexpected(sample.error());
  recording.start_realtime_ns = realtime_ns();
  if (auto ready = places.prepare(recording); !ready) return tl::unexpected(ready.error());
  if (auto released = target.release(); !released) return tl::unexpected(released.error());
  places.begin(recording);
  rows.apply(sample->snapshot);
  Row row = rows.next(recording.start_realtime_ns, 0);
  places.row(row);
  spans.begin(rows.start_ns(), sample->events);
  Schedule schedule(rows.start_ns(), recording.interval_ns, max_sample_gap_ns);
  const std::uint64_t stop_ns =
      stops.duration_ns ? rows.start_ns() + *stops.duration_ns : UINT64_MAX;

  std::optional<Ended> ended;
  while (!ended) {
    alarm->set(std::min(schedule.next_look_ns(monotonic_ns()), stop_ns));
    const auto stopped_by = wait_for(signals, *alarm, stops, writers);
    const bool stopped = stopped_by.has_value();
    auto taken = take_signals(signals, target);
    if (taken && !*taken) taken = target.check();
    if (!taken) return tl::unexpected(taken.error());
    ended = *taken;
    const bool all_over =
        (ended && ended->by == EndReason::command) || (stopped && target.see_end());
    const bool time_is_up = monotonic_ns() >= stop_ns;
    const bool is_last = ended || stopped || time_is_up;
    sample = all_over ? final_sample(source) : source.sample(is_last);
    if (!sample) return tl::unexpected(sample.error());
    rows.apply(sample->snapshot);
    spans.apply(sample->events, rows.counted());
    if (!ended) ended = target.end_seen_in(sample->snapshot);
    if (!ended && (stopped || time_is_up)) {
      ended = target.so_far();
      ended->by = stopped_by.value_or(EndReason::duration);
    }
    // The last row comes when it comes; it stands for a deadline if one has just passed.
    const bool due = schedule.take_row(sample->snapshot.monotonic_ns);
    if (!due && !ended) continue;
    row = rows.next(realtime_ns(), schedule.missed());
    places.row(row);
  }

  const bool all_listed = source.missed_events().unlisted_tasks == 0;
  spans.end(rows.counted(), all_listed);
  ring.check();
  Audit proof = audit(ended->kernel, row.losses, source);
  if (!ended->kernel.known.none()) proof.unwaited = spans.unwaited(rows.counted(), all_listed);
  auto rss_at_least = peak_rss_at_least(places.totals(), spans.commands());
  if (ended->kernel.peak_rss_bytes > proof.recorder_peak_rss_bytes.value_or(UINT64_MAX))
    rss_at_least =
        std::max<std::optional<std::uint64_t>>(rss_at_least, ended->kernel.peak_rss_bytes);
  proof.oom_kills = kills.count();
  proof.oom_kills_on_machine = kills_on_machine.count();
  proof.sigkilled_processes = spans.killed();
  proof.sigkilled_commands = spans.killed_names();
  Outcome outcome{.end_realtime_ns = realtime_ns(),
                  .ended_by = ended->by,
                  .exit = ended->exit,
                  .totals = places.totals(),
                  .commands = spans.commands(),
                  .rss_at_least = rss_at_least,
                  .processes_left_out = spans.left_out(),
                  .audit = std::move(proof)};
  outcome.audit.ring_error = ring.problem();
  places.end(outcome);
  return Recorded{outcome, places.errors()};
}

}  // namespace

Result<Recorded> record(Recording recording, Baseline baseline, const StopConditions &stops,
                        RecorderDeps &&deps) {
  try {
    return record_to_end(std::move(recording), baseline, stops, std::move(deps));
  } catch (const std::exception &exception) {
    // Out of memory, or a library's: the recording is over, but the command is still to be waited for.
    return error(fmt::format("the recording failed: {}", exception.what()));
  }
}

Result<void> wait_for_end(Target &target, SignalQueue &signals) {
  while (target.is_awaited()) {
    pollfd event{signals.fd(), POLLIN, 0};
    poll(&event, 1, -1);
    if (auto taken = take_signals(signals, target); !taken) return tl::unexpected(taken.error());
  }
  return {};
}

}  // namespace rusage_bpf
