#include "model/schedule.h"

#include <catch2/catch.hpp>
#include <random>

namespace rusage_bpf::schedule_test {
namespace {

constexpr std::uint64_t start_ns = 5'000'000'123;
constexpr std::uint64_t interval_ns = 10'000'000;
constexpr std::uint64_t any_gap_ns = 3'600'000'000'000;  // longer than every interval here

TEST_CASE("the first row is due exactly one interval after the start") {
  Schedule schedule(start_ns, interval_ns, any_gap_ns);
  CHECK(schedule.next_sample_ns(start_ns) == start_ns + interval_ns);
  CHECK_FALSE(schedule.take_row(start_ns));
  CHECK_FALSE(schedule.take_row(start_ns + interval_ns - 1));
  CHECK(schedule.take_row(start_ns + interval_ns));
  CHECK(schedule.missed() == 0);
}

TEST_CASE("one sample makes one row at most") {
  Schedule schedule(start_ns, interval_ns, any_gap_ns);
  const std::uint64_t late_ns = start_ns + 7 * interval_ns;
  CHECK(schedule.take_row(late_ns));
  CHECK_FALSE(schedule.take_row(late_ns));
}

TEST_CASE("a deadline that passed while the recorder was busy is missed, and its row is left out") {
  struct Case {
    std::uint64_t delay_ns;  // after the deadline
    std::uint64_t missed;
    std::uint64_t next_interval;  // the row after is due at this multiple of the interval
  };
  const auto sample = GENERATE(values<Case>({
      {0, 0, 2},
      {1, 0, 2},
      {interval_ns - 1, 0, 2},
      {interval_ns, 1, 3},
      {interval_ns + 1, 1, 3},
      {10 * interval_ns + interval_ns / 2, 10, 12},
      {1000 * interval_ns, 1000, 1002},
  }));
  const std::uint64_t now_ns = start_ns + interval_ns + sample.delay_ns;
  CAPTURE(sample.delay_ns);
  Schedule schedule(start_ns, interval_ns, any_gap_ns);
  CHECK(schedule.take_row(now_ns));
  CHECK(schedule.missed() == sample.missed);
  CHECK(schedule.next_sample_ns(now_ns) == start_ns + sample.next_interval * interval_ns);
}

TEST_CASE("rows are due at start + n * interval, whatever the delays") {
  std::mt19937_64 random(GENERATE(range(0U, 20U)));
  // Most samples are on time, some are several intervals late.
  std::exponential_distribution<double> delay(4.0 / interval_ns);
  Schedule schedule(start_ns, interval_ns, any_gap_ns);
  std::uint64_t now_ns = start_ns;
  for (std::uint64_t rows = 1; rows <= 1000; ++rows) {
    now_ns = schedule.next_sample_ns(now_ns) + static_cast<std::uint64_t>(delay(random));
    const std::uint64_t passed = (now_ns - start_ns) / interval_ns;
    REQUIRE(schedule.take_row(now_ns));
    REQUIRE(schedule.next_sample_ns(now_ns) == start_ns + (passed + 1) * interval_ns);
    REQUIRE(rows + schedule.missed() == passed);
  }
}

TEST_CASE("a sample is due within the maximum gap, and that moves no deadline") {
  constexpr std::uint64_t gap_ns = 3'000'000;
  Schedule schedule(start_ns, interval_ns, gap_ns);
  std::uint64_t now_ns = start_ns;
  for (const std::uint64_t due_ns : {3'000'000, 6'000'000, 9'000'000, 10'000'000, 13'000'000}) {
    const std::uint64_t next_ns = schedule.next_sample_ns(now_ns);
    CHECK(next_ns == start_ns + due_ns);
    now_ns = next_ns;
    CHECK(schedule.take_row(now_ns) == (due_ns == interval_ns));
  }
}

TEST_CASE("a sample is due at once if a deadline has passed") {
  const Schedule schedule(start_ns, interval_ns, any_gap_ns);
  const std::uint64_t late_ns = start_ns + 5 * interval_ns;
  CHECK(schedule.next_sample_ns(late_ns) <= late_ns);
}

TEST_CASE("rows do not drift in a year with a row each millisecond") {
  constexpr std::uint64_t millisecond_ns = 1'000'000;
  constexpr std::uint64_t rows_a_year = 365ULL * 24 * 3600 * 1000;
  constexpr std::uint64_t booted_ns = 10 * rows_a_year * millisecond_ns;  // ten years before
  Schedule schedule(booted_ns, millisecond_ns, any_gap_ns);
  const std::uint64_t year_later_ns = booted_ns + rows_a_year * millisecond_ns;
  CHECK(schedule.take_row(year_later_ns));
  CHECK(schedule.missed() == rows_a_year - 1);
  CHECK(schedule.next_sample_ns(year_later_ns) == year_later_ns + millisecond_ns);
}

TEST_CASE("an interval longer than the maximum gap has several samples") {
  struct Case {
    std::uint64_t interval_ns, max_gap_ns;
    std::uint32_t samples;
  };
  const auto given =
      GENERATE(values<Case>({{10, 100, 1}, {100, 100, 1}, {101, 100, 2}, {200, 100, 2}, {1000, 100, 10}}));
  CHECK(Schedule(start_ns, given.interval_ns, given.max_gap_ns).samples_per_row() == given.samples);
}

TEST_CASE("lateness is that of rows to their deadlines, and the longest gap that between rows") {
  Schedule schedule(start_ns, interval_ns, any_gap_ns);
  schedule.take_row(start_ns + interval_ns + 5);
  schedule.take_row(start_ns + 2 * interval_ns - 1);  // no row
  schedule.take_row(start_ns + 5 * interval_ns + 7);  // and three were missed
  CHECK(schedule.punctuality().lateness_p50_ns == 5);
  CHECK(schedule.punctuality().lateness_max_ns == 7);
  CHECK(schedule.punctuality().longest_gap_ns == 4 * interval_ns + 2);
}

}  // namespace
}  // namespace rusage_bpf::schedule_test
