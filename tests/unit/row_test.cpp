#include "model/row.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <utility>
#include <vector>

namespace rusage_bpf::row_test {
namespace {

using Changes = std::vector<std::pair<rusage_column, std::uint64_t>>;

// All columns are known, and 0 except for `changes`.
Snapshot snapshot(const Changes &changes, std::uint64_t monotonic_ns = 0) {
  Snapshot snapshot;
  snapshot.monotonic_ns = monotonic_ns;
  snapshot.known.set();
  for (const auto &[column, value] : changes) snapshot.value[column] = value;
  return snapshot;
}

Row next_row(RowMaker &rows, const Snapshot &snapshot, std::uint64_t realtime_ns) {
  rows.apply(snapshot);
  return rows.next(realtime_ns, 0);
}

TEST_CASE("the first row has gauges and no counters") {
  RowMaker rows(Baseline::fork);
  const Row row = next_row(rows, snapshot({{RUSAGE_pid_count, 3}}), 0);
  for (std::size_t i = 0; i < column_count; ++i) {
    CAPTURE(columns[i].name);
    CHECK(row.known[i] == (!columns[i].is_counter()));
  }
  CHECK(row.value[RUSAGE_pid_count] == 3);
}

TEST_CASE("the second row of a command has everything since its fork") {
  RowMaker rows(Baseline::fork);
  next_row(rows, snapshot({{RUSAGE_forks, 2}, {RUSAGE_user, 10}, {RUSAGE_system, 20}}), 0);
  const Row row = next_row(rows, snapshot({{RUSAGE_forks, 5}, {RUSAGE_user, 100}, {RUSAGE_system, 200}}), 0);
  CHECK(row.value[RUSAGE_forks] == 5);
  CHECK(row.value[RUSAGE_user] == 100);
  CHECK(row.value[RUSAGE_system] == 200);
}

TEST_CASE("the second row of an attached tree has only what came after the first sample") {
  RowMaker rows(Baseline::first_sample);
  next_row(rows, snapshot({{RUSAGE_forks, 2}, {RUSAGE_user, 10}, {RUSAGE_system, 20}}), 0);
  const Row row = next_row(rows, snapshot({{RUSAGE_forks, 5}, {RUSAGE_user, 100}, {RUSAGE_system, 200}}), 0);
  CHECK(row.value[RUSAGE_forks] == 3);
  CHECK(row.value[RUSAGE_user] == 90);
  CHECK(row.value[RUSAGE_system] == 180);
}

TEST_CASE("the counters of a snapshot without a row are in the next row, its gauges are not") {
  RowMaker rows(Baseline::fork);
  next_row(rows, snapshot({}), 0);
  rows.apply(snapshot({{RUSAGE_forks, 2}, {RUSAGE_pid_count, 3}}, 10));
  CHECK(rows.counted()[RUSAGE_forks] == 2);
  Snapshot last = snapshot({{RUSAGE_forks, 5}, {RUSAGE_pid_count, 1}}, 20);
  last.untracked_tasks = 7;
  rows.apply(last);
  const Row row = rows.next(0, 4);
  CHECK(row.value[RUSAGE_forks] == 5);
  CHECK(row.value[RUSAGE_pid_count] == 1);
  CHECK(row.value[RUSAGE_elapsed] == 20);
  CHECK(row.losses.untracked_tasks == 7);
  CHECK(row.losses.ticks_missed == 4);
}

TEST_CASE("a row has the gauges of its snapshot, whether they rise or fall") {
  RowMaker rows(Baseline::fork);
  for (const std::uint64_t rss : {4096, 8192, 0, 4096})
    CHECK(next_row(rows, snapshot({{RUSAGE_rss, rss}}), 0).value[RUSAGE_rss] == rss);
}

TEST_CASE("rows have numbers, and end when their snapshot was taken") {
  RowMaker rows(Baseline::fork);
  std::uint64_t number = 0;
  for (const std::uint64_t after_ns : {0, 100, 250}) {
    const Row row = next_row(rows, snapshot({}, 5000 + after_ns), 1'700'000'000 + after_ns);
    CHECK(row.number == number++);
    CHECK(row.value[RUSAGE_elapsed] == after_ns);
    CHECK(row.realtime_ns == 1'700'000'000 + after_ns);
  }
}

TEST_CASE("a column that is unknown in the snapshot is unknown in the row") {
  const auto unknown = GENERATE(range(std::size_t{0}, column_count));
  RowMaker rows(Baseline::fork);
  next_row(rows, snapshot({}), 0);
  Snapshot partial = snapshot({});
  partial.known.reset(unknown);
  Known expected = partial.known;
  expected.set(RUSAGE_elapsed);  // not from the source
  CAPTURE(columns[unknown].name);
  CHECK(next_row(rows, partial, 0).known == expected);
}

TEST_CASE("a counter that decreases makes a row with 0, and later rows have less") {
  RowMaker rows(Baseline::fork);
  next_row(rows, snapshot({}), 0);
  const std::vector<std::pair<std::uint64_t, std::uint64_t>> counter_and_delta{
      {100, 100}, {90, 0}, {95, 0}, {100, 0}, {130, 30}};
  for (const auto &[counter, delta] : counter_and_delta)
    CHECK(next_row(rows, snapshot({{RUSAGE_run_delay, counter}}), 0).value[RUSAGE_run_delay] == delta);
}

TEST_CASE("user and system time add up to the run time, and neither decreases") {
  struct Case {
    const char *what;
    std::uint64_t user, system;              // in the snapshot, after one with 100 and 100
    std::uint64_t user_delta, system_delta;  // in the row
  };
  const auto test = GENERATE(values<Case>({
      {"both advance", 130, 150, 30, 50},
      {"nothing ran", 100, 100, 0, 0},
      {"the split changes without run time", 140, 60, 0, 0},
      {"user decreases: all is system time", 90, 150, 0, 40},
      {"system decreases: all is user time", 150, 90, 40, 0},
      {"the run time decreases", 99, 98, 0, 0},
  }));
  CAPTURE(test.what);
  RowMaker rows(Baseline::fork);
  next_row(rows, snapshot({}), 0);
  next_row(rows, snapshot({{RUSAGE_user, 100}, {RUSAGE_system, 100}}), 0);
  const Row row = next_row(rows, snapshot({{RUSAGE_user, test.user}, {RUSAGE_system, test.system}}), 0);
  CHECK(row.value[RUSAGE_user] == test.user_delta);
  CHECK(row.value[RUSAGE_system] == test.system_delta);
}

// Compares the sums of the rows with the maximum of the snapshots.
class SumCheck {
 public:
  SumCheck(Baseline baseline, const Snapshot &first) {
    if (baseline == Baseline::fork) return;
    sum_ = max_ = first.value;
    max_run_ = run(first.value);
  }

  // Whether `row` is right after the rows before and this snapshot.
  bool add(const Snapshot &snapshot, const Row &row) {
    const Values before = sum_;
    for (std::size_t i = 0; i < column_count; ++i) {
      if (!columns[i].is_counter()) continue;
      sum_[i] += row.value[i];
      max_[i] = std::max(max_[i], snapshot.value[i]);
      if (sum_[i] < before[i]) return false;  // the difference was negative
      const bool is_part = i == RUSAGE_user || i == RUSAGE_system;
      if (is_part ? sum_[i] > max_[i] : sum_[i] != max_[i]) return false;
    }
    max_run_ = std::max(max_run_, run(snapshot.value));
    if (run(sum_) != max_run_) return false;
    // The row has the snapshot's split if no part decreases.
    const auto is_behind = [&](rusage_column part) { return snapshot.value[part] < before[part]; };
    return is_behind(RUSAGE_user) || is_behind(RUSAGE_system) ||
           (sum_[RUSAGE_user] == snapshot.value[RUSAGE_user] && sum_[RUSAGE_system] == snapshot.value[RUSAGE_system]);
  }

 private:
  static std::uint64_t run(const Values &value) { return value[RUSAGE_user] + value[RUSAGE_system]; }

  Values sum_{};
  Values max_{};
  std::uint64_t max_run_ = 0;
};

TEST_CASE("no difference is negative and nothing is lost with random snapshots") {
  constexpr unsigned seeds = 10'000;
  constexpr unsigned snapshots = 20;
  const auto baseline = GENERATE(Baseline::fork, Baseline::first_sample);
  for (unsigned seed = 0; seed < seeds; ++seed) {
    std::mt19937_64 random(seed);
    std::uniform_int_distribution<std::int64_t> step(-1000, 2000);
    const auto next_snapshot = [&](const Snapshot &before) {
      Snapshot after = before;
      for (std::uint64_t &value : after.value)
        value = static_cast<std::uint64_t>(std::max<std::int64_t>(0, static_cast<std::int64_t>(value) + step(random)));
      return after;
    };

    RowMaker rows(baseline);
    Snapshot now = next_snapshot(snapshot({}));
    next_row(rows, now, 0);
    SumCheck sums(baseline, now);
    bool right = true;
    for (unsigned n = 1; n < snapshots && right; ++n) {
      now = next_snapshot(now);
      right = sums.add(now, next_row(rows, now, 0));
    }
    CAPTURE(seed);
    REQUIRE(right);
  }
}

}  // namespace
}  // namespace rusage_bpf::row_test
