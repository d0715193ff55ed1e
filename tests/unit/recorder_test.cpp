// A recording from its first sample to its end, with a source, a target, a clock and sinks that do what a real one does
// once in a thousand runs.
#include "recorder/recorder.h"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <vector>

#include "os/blocked_signals.h"
#include "support/process.h"
#include "support/recording.h"

namespace rusage_bpf::recorder_test {
namespace {

constexpr std::uint64_t ms = 1'000'000;
constexpr std::uint64_t start_ns = 1'000'000'000;
constexpr std::uint64_t midnight_ns = 1'795'346'925'000'000'000;

// Time passes only where something waits.
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
  // May move the clock, and say that events have come.
  std::function<void(int wait, std::span<pollfd> events)> while_waiting = [](int, auto) {};
};

// What is recorded forks once a millisecond.
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
  [[nodiscard]] std::string_view origin(rusage_column) const override { return "fake"; }
  [[nodiscard]] MissedEvents missed_events() const override {
    MissedEvents missed;
    missed.events_lost = 3;
    return missed;
  }
  [[nodiscard]] bool needs_proc_of_others() const override { return false; }

  int samples = 0;
  int fails_at = 0;
  int throws_at = 0;
  std::vector<bool> reports_live;
  std::function<void(int sample, Snapshot &)> adjust = [](int, auto &) {};

 private:
  FakeClock &clock_;
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

// What a sink was given, which stays when the recorder gives the sink up.
struct Written {
  int begins = 0;
  std::vector<Row> rows;
  std::vector<Outcome> outcomes;
};

class FakeSink final : public Sink {
 public:
  FakeSink(Written &written, std::uint64_t fails_at_row, std::function<void(const Row &)> at_row)
      : written_(written), fails_at_row_(fails_at_row), at_row_(std::move(at_row)) {}

  Result<void> begin(const Recording &) override {
    written_.begins++;
    return {};
  }
  Result<void> row(const Row &row) override {
    if (row.number == fails_at_row_) return error("the disk is full");
    written_.rows.push_back(row);
    if (at_row_) at_row_(row);
    return {};
  }
  Result<void> end(const Outcome &outcome) override {
    written_.outcomes.push_back(outcome);
    return {};
  }

 private:
  Written &written_;
  std::uint64_t fails_at_row_;
  std::function<void(const Row &)> at_row_;
};

// How the process takes signals, which a recording changes, is put back.
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

// From another process: a recording takes no notice of what its own process sends.
void send_sigterm() {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) _exit(kill(getppid(), SIGTERM) == 0 ? 0 : 1);
  int status = 1;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(status == 0);
}

// Everything that a recording needs; a row is due every 10 ms.
struct Stage {
  Stage() {
    REQUIRE(signals);
    REQUIRE(writers);
    REQUIRE(ring);
    recording.interval_ns = 10 * ms;
    recording.root_pid = getpid();
  }

  Result<Recorded> record(const StopConditions &stops) {
    std::vector<std::unique_ptr<Sink>> sinks;
    sinks.push_back(std::make_unique<FakeSink>(first, first_fails_at_row, nullptr));
    sinks.push_back(std::make_unique<FakeSink>(second, UINT64_MAX, at_row));
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
  std::function<void(const Row &)> at_row;
};

using Ends = std::vector<std::uint64_t>;

TEST_CASE("rows are due at multiples of the interval, until the time is up") {
  Stage stage;
  const auto recorded = stage.record({.duration_ns = 35 * ms});
  REQUIRE(recorded);
  CHECK(recorded->outcome.ended_by == EndReason::duration);
  CHECK(recorded->outcome.audit.events_lost == 3);
  CHECK(stage.row_ends_ms() == Ends{0, 10, 20, 30, 35});
  CHECK(stage.second.rows.back().realtime_ns == midnight_ns + 35 * ms);
  CHECK(stage.forks() == 35);
  CHECK(stage.target.releases == 1);
  CHECK(stage.first.begins == 1);
  CHECK(stage.first.rows.size() == 5);
  CHECK(stage.first.outcomes.size() == 1);
  // Only the last sample reports who lives: a command counts from its fork.
  CHECK(stage.source.reports_live == std::vector{false, false, false, false, true});
}

TEST_CASE("a late tick makes one row for several intervals, and counts the missed ones") {
  Stage stage;
  stage.clock.while_waiting = [&](int wait, auto) {
    if (wait == 2) stage.clock.now_ns += 27 * ms;
  };
  const auto recorded = stage.record({.duration_ns = 60 * ms});
  REQUIRE(recorded);
  CHECK(stage.row_ends_ms() == Ends{0, 10, 47, 50, 60});
  CHECK(stage.forks() == 60);
  std::vector<std::uint64_t> missed;
  for (const Row &row : stage.second.rows) missed.push_back(row.losses.ticks_missed);
  CHECK(missed == std::vector<std::uint64_t>{0, 0, 2, 2, 2});
  CHECK(recorded->outcome.audit.losses->ticks_missed == 2);
}

TEST_CASE("with a long interval, samples between rows make no row and lose nothing") {
  Stage stage;
  stage.recording.interval_ns = 1000 * ms;
  const auto recorded = stage.record({.duration_ns = 1050 * ms});
  REQUIRE(recorded);
  CHECK(stage.row_ends_ms() == Ends{0, 1000, 1050});
  CHECK(stage.forks() == 1050);
  CHECK(stage.source.samples == 12);
}

TEST_CASE("a command that exits between two ticks has its last row then, when its tasks are gone") {
  Stage stage;
  stage.clock.while_waiting = [&](int wait, auto) {
    if (wait != 3) return;
    stage.clock.now_ns -= 6 * ms;  // SIGCHLD has come
    stage.target.ended = Ended{.by = EndReason::command, .exit = {.code = 7, .signal = {}}, .kernel = {}};
  };
  stage.source.adjust = [&](int sample, Snapshot &snapshot) {
    snapshot.dying_tasks = sample == 4 || sample == 5 ? 1 : 0;
  };
  const auto recorded = stage.record({});
  REQUIRE(recorded);
  CHECK(recorded->outcome.ended_by == EndReason::command);
  CHECK(recorded->outcome.exit.code == 7);
  CHECK(stage.source.samples == 6);
  CHECK(stage.source.reports_live == std::vector{false, false, false, true, true, true});
  CHECK(stage.row_ends_ms() == Ends{0, 10, 20, 24});
  CHECK(stage.forks() == 24);
}

TEST_CASE("a command whose tasks do not go away is waited for only a short time") {
  Stage stage;
  stage.clock.while_waiting = [&](int, auto) {
    stage.target.ended = Ended{.by = EndReason::command, .exit = {}, .kernel = {}};
  };
  stage.source.adjust = [](int, Snapshot &snapshot) { snapshot.dying_tasks = 1; };
  REQUIRE(stage.record({}));
  CHECK(stage.row_ends_ms().back() == 210);
}

TEST_CASE("a target without tasks has ended, also between two ticks") {
  Stage stage;
  stage.recording.interval_ns = 1000 * ms;
  stage.source.adjust = [](int sample, Snapshot &snapshot) {
    if (sample == 4) snapshot.value[RUSAGE_thread_count] = 0;
  };
  const auto recorded = stage.record({});
  REQUIRE(recorded);
  CHECK(recorded->outcome.ended_by == EndReason::tree);
  CHECK(stage.row_ends_ms() == Ends{0, 300});
}

TEST_CASE("a sink that fails is given up, and the recording continues") {
  Stage stage;
  stage.first_fails_at_row = 2;
  const auto recorded = stage.record({.duration_ns = 40 * ms});
  REQUIRE(recorded);
  REQUIRE(recorded->failures.size() == 1);
  CHECK(recorded->failures.at(0).message == "the disk is full");
  CHECK(stage.first.rows.size() == 2);
  CHECK(stage.first.outcomes.empty());
  CHECK(stage.second.rows.size() == 5);
  CHECK(stage.second.outcomes.size() == 1);
}

TEST_CASE("a ring that fails gets no more rows, and the recording continues and reports it") {
  Stage stage;
  SECTION("it was cut short") {
    stage.at_row = [&](const Row &row) {
      if (row.number == 1) std::filesystem::resize_file(stage.ring_path, 0);
    };
  }
  SECTION("it was removed") {
    stage.at_row = [&](const Row &row) {
      if (row.number == 1) std::filesystem::remove(stage.ring_path);
    };
  }
  const auto recorded = stage.record({.duration_ns = 40 * ms});
  REQUIRE(recorded);
  CHECK(recorded->failures.empty());
  CHECK_THAT(recorded->outcome.audit.ring_error, Catch::StartsWith(stage.ring_path));
  CHECK(stage.ring->safe_in().empty());
  CHECK(stage.second.rows.size() == 5);
  CHECK(stage.second.outcomes.at(0).audit.ring_error == recorded->outcome.audit.ring_error);
}

TEST_CASE("if a ring with a given name cannot be made, the target is not released") {
  Stage stage;
  stage.recording.argv = {std::string(std::size_t{64} << 20, 'x')};
  const auto recorded = stage.record({.duration_ns = 40 * ms});
  REQUIRE_FALSE(recorded);
  CHECK_THAT(recorded.error().message, Catch::EndsWith("too long for a recovery ring"));
  CHECK(stage.target.releases == 0);
  CHECK(stage.second.begins == 0);
}

TEST_CASE("if two things end the recording at once, the target's own end is the reason, and there is one last row") {
  Stage stage;
  stage.clock.while_waiting = [&](int wait, std::span<pollfd> events) {
    if (wait != 3) return;
    REQUIRE(events.size() == 4);
    events[2].revents = POLLIN;  // the process of --stop-with
    send_sigterm();
  };
  const auto recorded = stage.record({.duration_ns = 30 * ms});
  REQUIRE(recorded);
  CHECK(recorded->outcome.ended_by == EndReason::signal);
  CHECK(recorded->outcome.ended_by.text() == "SIGTERM");
  CHECK(stage.row_ends_ms() == Ends{0, 10, 20, 30});
  CHECK(stage.second.outcomes.size() == 1);
}

TEST_CASE("a signal during the end of the recording stays in the queue") {
  Stage stage;
  stage.source.adjust = [](int sample, Snapshot &) {
    if (sample == 4) send_sigterm();
  };
  const auto recorded = stage.record({.duration_ns = 30 * ms});
  REQUIRE(recorded);
  CHECK(recorded->outcome.ended_by == EndReason::duration);
  CHECK(stage.row_ends_ms() == Ends{0, 10, 20, 30});
  const auto left = stage.signals->next();
  REQUIRE(left);
  CHECK(left->number == SIGTERM);
}

TEST_CASE("the process of --stop-with stops the recording between two ticks") {
  Stage stage;
  stage.clock.while_waiting = [&](int wait, std::span<pollfd> events) {
    if (wait != 2) return;
    stage.clock.now_ns -= 5 * ms;
    events[2].revents = POLLIN;
  };
  const auto recorded = stage.record({});
  REQUIRE(recorded);
  CHECK(recorded->outcome.ended_by == EndReason::stop_with);
  CHECK(stage.row_ends_ms() == Ends{0, 10, 15});
}

TEST_CASE("a source that fails ends the recording with its error, and no output is complete") {
  Stage stage;
  std::string message;
  SECTION("before the first row") {
    stage.source.fails_at = 1;
    message = "the source has failed";
  }
  SECTION("later on") {
    stage.source.fails_at = 3;
    message = "the source has failed";
  }
  SECTION("by an exception") {
    stage.source.throws_at = 3;
    message = "the recording failed: no memory";
  }
  const auto recorded = stage.record({});
  REQUIRE_FALSE(recorded);
  CHECK(recorded.error().message == message);
  CHECK(stage.target.releases == (stage.source.fails_at == 1 ? 0 : 1));
  CHECK(stage.second.outcomes.empty());
}

}  // namespace
}  // namespace rusage_bpf::recorder_test
