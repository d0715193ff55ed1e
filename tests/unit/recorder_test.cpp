// A recording from its first sample to its end, with fakes that can fail.
#include "recorder/recorder.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <vector>

#include "support/recording_fixture.h"

namespace rusage_bpf::recorder_test {
namespace {

using Ends = std::vector<std::uint64_t>;

TEST_CASE("rows are due at multiples of the interval, until the time is up") {
  RecordingFixture fixture;
  const auto recorded = fixture.record({.duration_ns = 35 * ms});
  REQUIRE(recorded);
  CHECK(recorded->outcome.ended_by == EndReason::duration);
  CHECK(recorded->outcome.audit.events_lost == 3);
  CHECK(fixture.row_ends_ms() == Ends{0, 10, 20, 30, 35});
  CHECK(fixture.second.rows.back().realtime_ns == midnight_ns + 35 * ms);
  CHECK(fixture.forks() == 35);
  CHECK(fixture.target.releases == 1);
  CHECK(fixture.first.begins == 1);
  CHECK(fixture.first.rows.size() == 5);
  CHECK(fixture.first.outcomes.size() == 1);
  // Only the last sample reports live tasks, because a command counts from its fork.
  CHECK(fixture.source.reports_live == std::vector{false, false, false, false, true});
}

TEST_CASE("a late tick makes one row for several intervals, and counts the missed ones") {
  RecordingFixture fixture;
  fixture.clock.while_waiting = [&](int wait, auto) {
    if (wait == 2) fixture.clock.now_ns += 27 * ms;
  };
  const auto recorded = fixture.record({.duration_ns = 60 * ms});
  REQUIRE(recorded);
  CHECK(fixture.row_ends_ms() == Ends{0, 10, 47, 50, 60});
  CHECK(fixture.forks() == 60);
  std::vector<std::uint64_t> missed;
  for (const Row &row : fixture.second.rows) missed.push_back(row.losses.ticks_missed);
  CHECK(missed == std::vector<std::uint64_t>{0, 0, 2, 2, 2});
  CHECK(recorded->outcome.audit.losses->ticks_missed == 2);
}

TEST_CASE("with a long interval, samples between rows make no row and lose nothing") {
  RecordingFixture fixture;
  fixture.recording.interval_ns = 1000 * ms;
  const auto recorded = fixture.record({.duration_ns = 1050 * ms});
  REQUIRE(recorded);
  CHECK(fixture.row_ends_ms() == Ends{0, 1000, 1050});
  CHECK(fixture.forks() == 1050);
  CHECK(fixture.source.samples == 12);
}

TEST_CASE("where the source keeps time, a recorder that is late misses no row") {
  RecordingFixture fixture;
  fixture.source.keeps_time = true;
  fixture.clock.while_waiting = [&](int wait, auto) {
    if (wait == 2) fixture.clock.now_ns += 27 * ms;
  };
  const auto recorded = fixture.record({.duration_ns = 65 * ms});
  REQUIRE(recorded);
  CHECK(recorded->outcome.ended_by == EndReason::duration);
  CHECK(fixture.row_ends_ms() == Ends{0, 10, 20, 30, 40, 50, 60, 65});
  for (const Row &row : fixture.second.rows) CHECK(row.realtime_ns == midnight_ns + row.value[RUSAGE_elapsed]);
  CHECK(fixture.forks() == 65);
  CHECK(recorded->outcome.audit.losses->ticks_missed == 0);
  CHECK(recorded->outcome.audit.punctuality->longest_gap_ns == 10 * ms);
  // It takes the first sample and the last one itself.
  CHECK(fixture.source.samples == 2);
}

TEST_CASE("where the source keeps time, rows that are close together are read several at a time") {
  RecordingFixture fixture;
  fixture.source.keeps_time = true;
  fixture.recording.interval_ns = ms;
  const auto recorded = fixture.record({.duration_ns = 100 * ms});
  REQUIRE(recorded);
  CHECK(fixture.second.rows.size() == 101);
  CHECK(fixture.source.samples == 2);
  CHECK(fixture.clock.waits >= 10);
  CHECK(fixture.clock.waits <= 12);
}

TEST_CASE("where the source keeps time, samples between rows that are far apart make no row") {
  RecordingFixture fixture;
  fixture.source.keeps_time = true;
  fixture.recording.interval_ns = 250 * ms;
  const auto recorded = fixture.record({.duration_ns = 600 * ms});
  REQUIRE(recorded);
  CHECK(fixture.row_ends_ms() == Ends{0, 250, 500, 600});
  CHECK(fixture.source.taken == 7);
  CHECK(fixture.forks() == 600);
}

TEST_CASE("where the source keeps time and is late, the recorder asks for the sample") {
  RecordingFixture fixture;
  fixture.source.keeps_time = true;
  fixture.source.late_samples = 1;
  const auto recorded = fixture.record({.duration_ns = 35 * ms});
  REQUIRE(recorded);
  CHECK(fixture.source.late_samples == 0);
  CHECK(fixture.row_ends_ms() == Ends{0, 10, 20, 30, 35});
}

TEST_CASE("a recorder that is slower than the source's clock still sees its end") {
  RecordingFixture fixture;
  fixture.source.keeps_time = true;
  fixture.recording.interval_ns = ms;
  fixture.source.read_ns = 2 * ms;
  bool is_over = false;
  fixture.clock.while_waiting = [&](int wait, auto) {
    if (wait < 5) return;
    is_over = true;
    fixture.target.ended = Ended{.by = EndReason::command, .exit = {.code = 7, .signal = {}}, .kernel = {}};
  };
  REQUIRE(fixture.record({}));
  CHECK(is_over);
}

TEST_CASE("where the source keeps time, the sample without a task is the last row") {
  RecordingFixture fixture;
  fixture.source.keeps_time = true;
  fixture.source.empty_from_ns = start_ns + 30 * ms;
  fixture.clock.while_waiting = [&](int wait, auto) {
    if (wait == 2) fixture.clock.now_ns += 50 * ms;
  };
  const auto recorded = fixture.record({});
  REQUIRE(recorded);
  CHECK(recorded->outcome.ended_by == EndReason::tree);
  CHECK(fixture.row_ends_ms() == Ends{0, 10, 20, 30});
}

TEST_CASE("a command that exits between two ticks has its last row then, when its tasks are gone") {
  RecordingFixture fixture;
  fixture.clock.while_waiting = [&](int wait, auto) {
    if (wait != 3) return;
    fixture.clock.now_ns -= 6 * ms;  // SIGCHLD has come
    fixture.target.ended = Ended{.by = EndReason::command, .exit = {.code = 7, .signal = {}}, .kernel = {}};
  };
  fixture.source.adjust = [&](int sample, Snapshot &snapshot) {
    snapshot.dying_tasks = sample == 4 || sample == 5 ? 1 : 0;
  };
  const auto recorded = fixture.record({});
  REQUIRE(recorded);
  CHECK(recorded->outcome.ended_by == EndReason::command);
  CHECK(recorded->outcome.exit.code == 7);
  CHECK(fixture.source.samples == 6);
  CHECK(fixture.source.reports_live == std::vector{false, false, false, true, true, true});
  CHECK(fixture.row_ends_ms() == Ends{0, 10, 20, 24});
  CHECK(fixture.forks() == 24);
}

TEST_CASE("a command whose tasks do not go away is waited for only a short time") {
  RecordingFixture fixture;
  fixture.clock.while_waiting = [&](int, auto) {
    fixture.target.ended = Ended{.by = EndReason::command, .exit = {}, .kernel = {}};
  };
  fixture.source.adjust = [](int, Snapshot &snapshot) { snapshot.dying_tasks = 1; };
  REQUIRE(fixture.record({}));
  CHECK(fixture.row_ends_ms().back() == 210);
}

TEST_CASE("a target without tasks has ended, also between two ticks") {
  RecordingFixture fixture;
  fixture.recording.interval_ns = 1000 * ms;
  fixture.source.adjust = [](int sample, Snapshot &snapshot) {
    if (sample == 4) snapshot.value[RUSAGE_thread_count] = 0;
  };
  const auto recorded = fixture.record({});
  REQUIRE(recorded);
  CHECK(recorded->outcome.ended_by == EndReason::tree);
  CHECK(fixture.row_ends_ms() == Ends{0, 300});
}

TEST_CASE("a sink that fails is given up, and the recording continues") {
  RecordingFixture fixture;
  fixture.first_fails_at_row = 2;
  const auto recorded = fixture.record({.duration_ns = 40 * ms});
  REQUIRE(recorded);
  REQUIRE(recorded->failures.size() == 1);
  CHECK(recorded->failures.at(0).message == "the disk is full");
  CHECK(fixture.first.rows.size() == 2);
  CHECK(fixture.first.outcomes.empty());
  CHECK(fixture.second.rows.size() == 5);
  CHECK(fixture.second.outcomes.size() == 1);
}

TEST_CASE("a ring that fails gets no more rows, and the recording continues and reports it") {
  RecordingFixture fixture;
  SECTION("it was cut short") {
    fixture.clock.while_waiting = [&](int wait, auto) {
      if (wait == 2) std::filesystem::resize_file(fixture.ring_path, 0);
    };
  }
  SECTION("it was removed") {
    fixture.clock.while_waiting = [&](int wait, auto) {
      if (wait == 2) std::filesystem::remove(fixture.ring_path);
    };
  }
  const auto recorded = fixture.record({.duration_ns = 40 * ms});
  REQUIRE(recorded);
  CHECK(recorded->failures.empty());
  CHECK_THAT(recorded->outcome.audit.ring_error, Catch::StartsWith(fixture.ring_path));
  CHECK(fixture.ring->safe_in().empty());
  CHECK(fixture.second.rows.size() == 5);
  CHECK(fixture.second.outcomes.at(0).audit.ring_error == recorded->outcome.audit.ring_error);
}

TEST_CASE("if a ring with a given name cannot be made, the target is not released") {
  RecordingFixture fixture;
  fixture.recording.argv = {std::string(std::size_t{64} << 20, 'x')};
  const auto recorded = fixture.record({.duration_ns = 40 * ms});
  REQUIRE_FALSE(recorded);
  CHECK_THAT(recorded.error().message, Catch::EndsWith("too long for a recovery ring"));
  CHECK(fixture.target.releases == 0);
  CHECK(fixture.second.begins == 0);
}

TEST_CASE("if two things end the recording at once, the target's own end is the reason, and there is one last row") {
  RecordingFixture fixture;
  fixture.clock.while_waiting = [&](int wait, std::span<pollfd> events) {
    if (wait != 3) return;
    REQUIRE(events.size() == 4);
    events[2].revents = POLLIN;  // the process of --stop-with
    send_sigterm();
  };
  const auto recorded = fixture.record({.duration_ns = 30 * ms});
  REQUIRE(recorded);
  CHECK(recorded->outcome.ended_by == EndReason::signal);
  CHECK(recorded->outcome.ended_by.text() == "SIGTERM");
  CHECK(fixture.row_ends_ms() == Ends{0, 10, 20, 30});
  CHECK(fixture.second.outcomes.size() == 1);
}

TEST_CASE("a signal during the end of the recording stays in the queue") {
  RecordingFixture fixture;
  fixture.source.adjust = [](int sample, Snapshot &) {
    if (sample == 4) send_sigterm();
  };
  const auto recorded = fixture.record({.duration_ns = 30 * ms});
  REQUIRE(recorded);
  CHECK(recorded->outcome.ended_by == EndReason::duration);
  CHECK(fixture.row_ends_ms() == Ends{0, 10, 20, 30});
  const auto left = fixture.signals->next();
  REQUIRE(left);
  CHECK(left->number == SIGTERM);
}

TEST_CASE("the process of --stop-with stops the recording between two ticks") {
  RecordingFixture fixture;
  fixture.clock.while_waiting = [&](int wait, std::span<pollfd> events) {
    if (wait != 2) return;
    fixture.clock.now_ns -= 5 * ms;
    events[2].revents = POLLIN;
  };
  const auto recorded = fixture.record({});
  REQUIRE(recorded);
  CHECK(recorded->outcome.ended_by == EndReason::stop_with);
  CHECK(fixture.row_ends_ms() == Ends{0, 10, 15});
}

TEST_CASE("a source that fails ends the recording with its error, and no output is complete") {
  RecordingFixture fixture;
  std::string message;
  SECTION("before the first row") {
    fixture.source.fails_at = 1;
    message = "the source has failed";
  }
  SECTION("later on") {
    fixture.source.fails_at = 3;
    message = "the source has failed";
  }
  SECTION("by an exception") {
    fixture.source.throws_at = 3;
    message = "the recording failed: no memory";
  }
  const auto recorded = fixture.record({});
  REQUIRE_FALSE(recorded);
  CHECK(recorded.error().message == message);
  CHECK(fixture.target.releases == (fixture.source.fails_at == 1 ? 0 : 1));
  CHECK(fixture.second.outcomes.empty());
}

}  // namespace
}  // namespace rusage_bpf::recorder_test
