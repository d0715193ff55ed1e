// A recording with a fake clock, source, target and sinks.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <functional>
#include <stdexcept>
#include <vector>

#include "os/blocked_signals.h"
#include "recorder/recorder.h"
#include "support/process.h"
#include "support/recording.h"

namespace rusage_bpf::recorder_test {

inline constexpr std::uint64_t ms = 1'000'000;
inline constexpr std::uint64_t start_ns = 1'000'000'000;
inline constexpr std::uint64_t midnight_ns = 1'795'346'925'000'000'000;

// Time passes only during waits.
class FakeClock final : public Clock {
 public:
  std::uint64_t monotonic_ns() override { return now_ns; }
  std::uint64_t realtime_ns() override { return midnight_ns + now_ns - start_ns; }
  void wait(std::uint64_t until_ns, std::span<pollfd> events) override {
    now_ns = until_ns;
    if (!events.empty()) while_waiting(++waits, events);
  }

  std::uint64_t now_ns = start_ns;
  int waits = 0;
  // May change the clock and set events.
  std::function<void(int wait, std::span<pollfd> events)> while_waiting = [](int, auto) {};
};

// The target forks once per millisecond.
class FakeSource final : public Source {
 public:
  explicit FakeSource(FakeClock &clock) : clock_(clock) {}

  [[nodiscard]] std::string_view name() const override { return "fake"; }
  Result<void> track() override { return {}; }
  Result<Sample> sample(bool reports_live_tasks) override {
    samples++;
    reports_live.push_back(reports_live_tasks);
    if (samples == fails_at) return error("the source has failed");
    if (samples == throws_at) throw std::runtime_error("no memory");
    Sample sample;
    sample.snapshot.monotonic_ns = clock_.now_ns;
    sample.snapshot.known.set();
    sample.snapshot.value[RUSAGE_forks] = (clock_.now_ns - start_ns) / ms;
    sample.snapshot.value[RUSAGE_thread_count] = 1;
    adjust(samples, sample.snapshot);
    return sample;
  }
  bool start_clock(const SampleTimes &times) override {
    if (keeps_time) times_ = times;
    return keeps_time;
  }
  Result<void> stop_clock() override {
    times_.end_ns = std::min(times_.end_ns, clock_.now_ns + 1);
    return {};
  }
  Result<std::optional<Sample>> next_sample() override {
    const std::uint64_t due_ns = times_.start_ns + (taken + 1) * times_.row_ns / times_.samples_per_row;
    if (due_ns > clock_.now_ns || due_ns >= times_.end_ns || late_samples > 0) return std::nullopt;
    taken++;
    clock_.now_ns += read_ns;
    Sample sample;
    sample.snapshot.monotonic_ns = due_ns;
    sample.snapshot.known.set();
    sample.snapshot.value[RUSAGE_forks] = (due_ns - start_ns) / ms;
    sample.snapshot.value[RUSAGE_thread_count] = due_ns < empty_from_ns ? 1 : 0;
    return sample;
  }
  Result<void> take_due_sample() override {
    late_samples--;
    return {};
  }
  [[nodiscard]] std::string_view origin(rusage_column) const override { return "fake"; }
  [[nodiscard]] MissedEvents missed_events() const override {
    MissedEvents missed;
    missed.events_lost = 3;
    return missed;
  }
  [[nodiscard]] bool needs_proc_of_others() const override { return false; }

  bool keeps_time = false;  // with a clock of its own, which has taken so many samples
  std::uint64_t taken = 0;
  std::uint64_t read_ns = 0;  // how long it takes to read one of these
  int late_samples = 0;       // the clock takes none until the recorder has asked that often
  std::uint64_t empty_from_ns = UINT64_MAX;
  int samples = 0;
  int fails_at = 0;
  int throws_at = 0;
  std::vector<bool> reports_live;
  std::function<void(int sample, Snapshot &)> adjust = [](int, auto &) {};

 private:
  FakeClock &clock_;
  SampleTimes times_;
};

class FakeTarget final : public Target {
 public:
  [[nodiscard]] Selection selection() const override { return selected::Command{}; }
  Result<void> release() override {
    releases++;
    return {};
  }
  Result<std::optional<Ended>> handle(const Signal &signal) override { return ended_by_signal(signal); }
  Result<std::optional<Ended>> check() override { return ended; }
  std::optional<Ended> end_in(const Snapshot &snapshot) override {
    if (snapshot.value[RUSAGE_thread_count] > 0) return std::nullopt;
    return Ended{.by = EndReason::tree, .exit = {}, .kernel = {}};
  }

  int releases = 0;
  std::optional<Ended> ended;
};

// What a sink got. It outlives the sink.
struct Written {
  int begins = 0;
  std::vector<Row> rows;
  std::vector<Outcome> outcomes;
};

class FakeSink final : public Sink {
 public:
  FakeSink(Written &written, std::uint64_t fails_at_row) : written_(written), fails_at_row_(fails_at_row) {}

  Result<void> begin(const Recording &) override {
    written_.begins++;
    return {};
  }
  Result<void> row(const Row &row) override {
    if (row.number == fails_at_row_) return error("the disk is full");
    written_.rows.push_back(row);
    return {};
  }
  Result<void> end(const Outcome &outcome) override {
    written_.outcomes.push_back(outcome);
    return {};
  }

 private:
  Written &written_;
  std::uint64_t fails_at_row_;
};

// Restores the signal actions, which a recording changes.
class KeptSignals {
 public:
  KeptSignals() {
    sigaction(SIGPIPE, nullptr, &pipe_);
    sigaction(SIGXFSZ, nullptr, &file_size_);
  }
  ~KeptSignals() {
    sigaction(SIGPIPE, &pipe_, nullptr);
    sigaction(SIGXFSZ, &file_size_, nullptr);
  }
  KeptSignals(const KeptSignals &) = delete;
  KeptSignals &operator=(const KeptSignals &) = delete;

 private:
  BlockedSignals blocked_{SIGTERM};
  struct sigaction pipe_ {};
  struct sigaction file_size_ {};
};

// From another process, because a recording ignores signals of its own process.
inline void send_sigterm() {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) _exit(kill(getppid(), SIGTERM) == 0 ? 0 : 1);
  int status = 1;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(status == 0);
}

// Everything that a recording needs. A row is due every 10 ms.
struct RecordingFixture {
  RecordingFixture() {
    REQUIRE(signals);
    REQUIRE(writers);
    REQUIRE(ring);
    recording.interval_ns = 10 * ms;
    recording.root_pid = getpid();
  }

  Result<Recorded> record(const StopConditions &stops) {
    std::vector<std::unique_ptr<Sink>> sinks;
    sinks.push_back(std::make_unique<FakeSink>(first, first_fails_at_row));
    sinks.push_back(std::make_unique<FakeSink>(second, UINT64_MAX));
    return rusage_bpf::record(recording, Baseline::fork, stops,
                              {source, target, *signals, *ring, std::move(sinks), *writers, clock});
  }

  [[nodiscard]] std::vector<std::uint64_t> row_ends_ms() const {
    std::vector<std::uint64_t> ends;
    for (const Row &row : second.rows) ends.push_back(row.value[RUSAGE_elapsed] / ms);
    return ends;
  }
  [[nodiscard]] std::uint64_t forks() const {
    std::uint64_t sum = 0;
    for (const Row &row : second.rows) sum += row.value[RUSAGE_forks] * row.known[RUSAGE_forks];
    return sum;
  }

  KeptSignals kept;
  test::TemporaryDirectory directory;
  std::string ring_path = directory.file("a.ring");
  Result<SignalQueue> signals = SignalQueue::take_ending();
  Result<BackgroundWriters> writers = BackgroundWriters::create();
  Result<RecoveryRing> ring = RecoveryRing::open({.path = ring_path, .rows = 100});
  Recording recording = test::a_recording();
  FakeClock clock;
  FakeSource source{clock};
  FakeTarget target;
  Written first;
  Written second;
  std::uint64_t first_fails_at_row = UINT64_MAX;
};

}  // namespace rusage_bpf::recorder_test
