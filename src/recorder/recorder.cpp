#include "recorder/recorder.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <exception>
#include <utility>

#include "model/schedule.h"
#include "os/clock.h"
#include "os/write_all.h"
#include "proc/oom_kills.h"
#include "recorder/audit.h"
#include "recorder/process_records.h"
#include "recorder/ring_and_sinks.h"

namespace rusage_bpf {
namespace {

// The command was reaped, but tasks may still be on their way to their last switch: a matter of
// microseconds, unless their CPU is taken away.
Result<Sample> final_sample(Source &source, Clock &clock) {
  constexpr std::uint64_t patience_ns = 200'000'000;
  constexpr std::uint64_t pause_ns = 100'000;
  const std::uint64_t give_up_ns = clock.monotonic_ns() + patience_ns;
  auto sample = source.sample(true);
  while (sample && (sample->snapshot.dying_tasks > 0 || sample->snapshot.pending_new_tasks > 0) &&
         clock.monotonic_ns() <= give_up_ns) {
    clock.wait(clock.monotonic_ns() + pause_ns, {});
    auto next = source.sample(true);
    if (!next) return next;
    append(*sample, *std::move(next));
  }
  return sample;
}

// Passes the signals that came to the target. Returns the end of the recording if one of them means that.
Result<std::optional<Ended>> take_signals(SignalQueue &signals, Target &target) {
  while (const auto signal = signals.next()) {
    auto ended = target.handle(*signal);
    if (!ended || *ended) return ended;
  }
  return std::nullopt;
}

bool at_end(int input) {
  std::array<char, 4096> unused{};
  const ssize_t got = read(input, unused.data(), unused.size());
  return got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN);
}

proc::OomKills oom_kills_of(const Recording &recording) {
  return recording.root_pid ? proc::OomKills::of_process(*recording.root_pid)
                            : proc::OomKills::of_cgroup(recording.cgroup);
}

// Where the source keeps time, its sample is there that long after its deadline, unless it is late.
constexpr std::uint64_t clock_margin_ns = 150'000;

class Recorder {
 public:
  Recorder(Recording recording, Baseline baseline, const StopConditions &stops, RecorderDeps &&deps)
      : recording_(std::move(recording)),
        baseline_(baseline),
        stops_(stops),
        source_(deps.source),
        target_(deps.target),
        signals_(deps.signals),
        writers_(deps.writers),
        clock_(deps.clock),
        kills_(oom_kills_of(recording_)),
        kills_on_machine_(proc::OomKills::of_machine()),
        outputs_(deps.ring, std::move(deps.sinks)),
        rows_(baseline),
        records_(baseline, deps.max_processes, outputs_) {}

  // The first row; the target is released.
  Result<void> begin();
  // The next sample, which makes a row where one is due; gives the end of the recording where it was the last.
  Result<std::optional<Ended>> go_on();
  Recorded end(const Ended &ended);

 private:
  void start_clock();
  std::optional<EndReason> wait();
  [[nodiscard]] std::uint64_t next_wake_ns();
  // Takes the samples of the source's clock, which it stops if they are the last. Gives the end of the recording where
  // one shows it, as the next two.
  Result<std::optional<Ended>> read_clock(bool is_last);
  // Takes those that were there when the recorder woke, or all of them.
  Result<std::optional<Ended>> take_samples(bool is_last);
  std::optional<Ended> apply(const Sample &sample);
  void count(const Sample &sample);
  Result<std::optional<Ended>> take_end_of_target();
  std::uint64_t realtime_ns_of(const Snapshot &snapshot);
  void add_row(const Snapshot &snapshot);
  [[nodiscard]] Audit final_audit(const Ended &ended, const MissedEvents &missed) const;

  Recording recording_;
  Baseline baseline_;
  StopConditions stops_;
  Source &source_;
  Target &target_;
  SignalQueue &signals_;
  BackgroundWriters &writers_;
  Clock &clock_;
  proc::OomKills kills_;
  proc::OomKills kills_on_machine_;
  RingAndSinks outputs_;
  RowMaker rows_;
  ProcessRecords records_;
  std::optional<Schedule> schedule_;  // since the first sample
  bool source_keeps_time_ = false;
  std::uint64_t last_wake_ns_ = 0;
  std::uint64_t last_check_ns_ = 0;
  bool signals_came_ = false;
  std::uint64_t stop_ns_ = UINT64_MAX;
  Losses losses_;
};

Result<void> Recorder::begin() {
  const auto sample = source_.sample(baseline_ == Baseline::first_sample);
  if (!sample) return tl::unexpected(sample.error());
  rows_.apply(sample->snapshot);
  start_clock();
  recording_.start_realtime_ns = realtime_ns_of(sample->snapshot);
  if (auto ready = outputs_.prepare(recording_); !ready) return ready;
  if (auto released = target_.release(); !released) return released;
  outputs_.begin(recording_);
  outputs_.row(rows_.next(recording_.start_realtime_ns, 0));
  records_.begin(rows_.start_ns(), sample->events);
  return {};
}

// Before the target is released, which may keep us from the CPU for longer than an interval.
void Recorder::start_clock() {
  schedule_.emplace(rows_.start_ns(), recording_.interval_ns, max_sample_gap_ns);
  if (stops_.duration_ns) stop_ns_ = rows_.start_ns() + *stops_.duration_ns;
  source_keeps_time_ = source_.start_clock({.start_ns = rows_.start_ns(),
                                            .row_ns = recording_.interval_ns,
                                            .samples_per_row = schedule_->samples_per_row(),
                                            .end_ns = stop_ns_});
  recording_.clock = source_keeps_time_ ? "kernel" : "recorder";
}

Result<std::optional<Ended>> Recorder::go_on() {
  const auto stopped_by = wait();
  auto taken = take_end_of_target();
  if (!taken) return taken;
  std::optional<Ended> ended = *std::move(taken);
  const bool all_over = (ended && ended->by == EndReason::command) || (stopped_by && target_.wait_if_exiting());
  const bool time_is_up = clock_.monotonic_ns() >= stop_ns_;
  const bool is_last = ended || stopped_by || time_is_up;
  if (source_keeps_time_)
    if (auto seen = read_clock(is_last); !seen || *seen || !is_last) return seen;
  const auto sample = all_over ? final_sample(source_, clock_) : source_.sample(is_last);
  if (!sample) return tl::unexpected(sample.error());
  if (!is_last) return apply(*sample);
  count(*sample);
  if (!ended) ended = target_.end_in(sample->snapshot);
  if (!ended) {
    ended = target_.so_far();
    ended->by = stopped_by.value_or(EndReason::duration);
  }
  // The last row comes when it comes; it stands for a deadline if one has just passed.
  schedule_->take_row(sample->snapshot.monotonic_ns);
  add_row(sample->snapshot);
  return ended;
}

Result<std::optional<Ended>> Recorder::read_clock(bool is_last) {
  if (is_last)
    if (auto stopped = source_.stop_clock(); !stopped) return tl::unexpected(stopped.error());
  auto ended = take_samples(is_last);
  const bool is_late = clock_.monotonic_ns() >= schedule_->due_ns() + clock_margin_ns;
  if (!ended || *ended || is_last || !is_late) return ended;
  if (auto taken = source_.take_due_sample(); !taken) return tl::unexpected(taken.error());
  return take_samples(is_last);
}

Result<std::optional<Ended>> Recorder::take_samples(bool is_last) {
  for (;;) {
    const auto sample = source_.next_sample();
    if (!sample) return tl::unexpected(sample.error());
    if (!*sample) return std::nullopt;
    if (auto ended = apply(**sample)) return ended;
    // A recorder that is slower than the clock would never see a signal.
    if (!is_last && (*sample)->snapshot.monotonic_ns > last_wake_ns_) return std::nullopt;
  }
}

void Recorder::count(const Sample &sample) {
  rows_.apply(sample.snapshot);
  records_.apply(sample.events, rows_.counted());
}

std::optional<Ended> Recorder::apply(const Sample &sample) {
  count(sample);
  auto ended = target_.end_in(sample.snapshot);
  const bool due = schedule_->take_row(sample.snapshot.monotonic_ns);
  if (due || ended) add_row(sample.snapshot);
  return ended;
}

// Sleeps until a signal has come, it is time for a sample, or something stops the recording: what, or nothing.
std::optional<EndReason> Recorder::wait() {
  std::array<pollfd, 4> events{pollfd{signals_.fd(), POLLIN, 0}, pollfd{stops_.input, POLLIN, 0},
                               pollfd{stops_.process, POLLIN, 0}, pollfd{writers_.fd(), POLLIN, 0}};
  clock_.wait(std::min(next_wake_ns(), stop_ns_), events);
  last_wake_ns_ = clock_.monotonic_ns();
  signals_came_ = events[0].revents != 0;
  if (events[1].revents != 0 && at_end(stops_.input)) return EndReason::eof;
  if (events[2].revents != 0) return EndReason::stop_with;
  if (events[3].revents != 0) {
    writers_.take_note();
    if (stops_.without_outputs && !writers_.any_left()) return EndReason::outputs;
  }
  return std::nullopt;
}

// Where the source keeps time, a wake-up costs more than many samples: rows are read right after their deadlines, but
// many at once where they are close together.
std::uint64_t Recorder::next_wake_ns() {
  constexpr std::uint64_t least_sleep_ns = 1'000'000;
  constexpr std::uint64_t batch_ns = max_row_delay_ns - least_sleep_ns / 2;
  const std::uint64_t now_ns = clock_.monotonic_ns();
  if (!source_keeps_time_) return schedule_->next_sample_ns(now_ns);
  const std::uint64_t pays_ns = std::max(schedule_->due_ns() + clock_margin_ns, last_wake_ns_ + batch_ns);
  return std::min(std::max(pays_ns, now_ns + least_sleep_ns), now_ns + max_sample_gap_ns);
}

// By a signal that came, or found without one. Where the source keeps time, that is looked for now and then: it takes
// longer than a row.
Result<std::optional<Ended>> Recorder::take_end_of_target() {
  if (source_keeps_time_ && !signals_came_ && last_wake_ns_ - last_check_ns_ < max_sample_gap_ns) return std::nullopt;
  last_check_ns_ = last_wake_ns_;
  auto ended = take_signals(signals_, target_);
  return ended && !*ended ? target_.check() : ended;
}

// The time of day at the sample.
std::uint64_t Recorder::realtime_ns_of(const Snapshot &snapshot) {
  return clock_.realtime_ns() - (clock_.monotonic_ns() - snapshot.monotonic_ns);
}

void Recorder::add_row(const Snapshot &snapshot) {
  const Row row = rows_.next(realtime_ns_of(snapshot), schedule_->missed());
  losses_ = row.losses;
  outputs_.row(row);
}

Recorded Recorder::end(const Ended &ended) {
  const MissedEvents missed = source_.missed_events();
  records_.end(rows_.counted(), missed.unlisted_tasks == 0);
  const std::string ring_error = outputs_.check_ring();
  Outcome outcome{.end_realtime_ns = 0,
                  .ended_by = ended.by,
                  .exit = ended.exit,
                  .totals = outputs_.finish_rows(),
                  .commands = records_.commands(),
                  .rss_at_least = {},
                  .processes_left_out = records_.omitted(),
                  .audit = final_audit(ended, missed)};
  outcome.rss_at_least = rss_at_least(outcome.totals, outcome.commands, outcome.audit);
  outcome.end_realtime_ns = clock_.realtime_ns();
  outcome.audit.ring_error = ring_error;
  outputs_.end(outcome);
  return Recorded{outcome, outputs_.errors()};
}

Audit Recorder::final_audit(const Ended &ended, const MissedEvents &missed) const {
  Audit proof = audit(ended.kernel, losses_, missed, source_.clock_cpu_ns());
  if (!ended.kernel.known.none()) proof.unwaited = records_.unwaited(rows_.counted(), missed.unlisted_tasks == 0);
  proof.punctuality = schedule_->punctuality();
  proof.oom_kills = kills_.count();
  proof.oom_kills_on_machine = kills_on_machine_.count();
  proof.sigkilled_processes = records_.killed();
  proof.sigkilled_commands = records_.killed_names();
  return proof;
}

Result<Recorded> record_to_end(Recorder &&recorder) {
  if (auto begun = recorder.begin(); !begun) return tl::unexpected(begun.error());
  for (;;) {
    const auto ended = recorder.go_on();
    if (!ended) return tl::unexpected(ended.error());
    if (*ended) return recorder.end(**ended);
  }
}

}  // namespace

Result<Recorded> record(Recording recording, Baseline baseline, const StopConditions &stops, RecorderDeps &&deps) {
  // The command was forked before this and keeps what it was given.
  take_write_signals_as_errors();
  try {
    return record_to_end(Recorder(std::move(recording), baseline, stops, std::move(deps)));
  } catch (const std::exception &exception) {
    // Out of memory, or a library's: the recording is over, but the command is still to be waited for.
    return error(fmt::format("the recording failed: {}", exception.what()));
  }
}

Result<void> wait_for_end(Target &target, SignalQueue &signals) {
  while (target.command_is_running()) {
    pollfd event{signals.fd(), POLLIN, 0};
    poll(&event, 1, -1);
    if (auto taken = take_signals(signals, target); !taken) return tl::unexpected(taken.error());
  }
  return {};
}

}  // namespace rusage_bpf
