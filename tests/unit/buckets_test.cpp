#include "model/buckets.h"

#include <catch2/catch.hpp>
#include <random>

namespace rusage_bpf::buckets_test {
namespace {

constexpr std::uint64_t ms = 1'000'000;
constexpr std::uint64_t interval_ns = 10 * ms;

// A row as long as the interval. All columns are known, all counters are 0.
Row a_row(std::uint64_t number) {
  Row row;
  row.number = number;
  row.value[RUSAGE_elapsed] = number * interval_ns;
  row.known.set();
  if (number == 0)
    for (std::size_t i = 0; i < column_count; i++) row.known[i] = !columns[i].is_counter();
  return row;
}

std::vector<Bucket> buckets_of(const std::vector<Row> &rows, std::size_t max_buckets = 1000) {
  Buckets buckets(interval_ns, max_buckets);
  for (const Row &row : rows) buckets.add(row);
  return buckets.list();
}

// Rows with random values in all columns.
std::vector<Row> random_rows(std::uint64_t count) {
  std::mt19937 random(static_cast<unsigned>(count));
  std::vector<Row> rows;
  for (std::uint64_t number = 0; number < count; number++) {
    rows.push_back(a_row(number));
    for (std::size_t i = 0; i < column_count; i++)
      if (i != RUSAGE_elapsed) rows.back().value[i] = random() % (1 << 20);
  }
  return rows;
}

struct Peaks {
  double least = 1e300;
  double greatest = -1e300;
  double sum = 0;
};

Peaks peaks_of(const std::vector<Bucket> &buckets, std::size_t series) {
  Peaks peaks;
  for (const Bucket &bucket : buckets) {
    if (!bucket.known(series)) continue;
    peaks.least = std::min(peaks.least, bucket.series[series].least);
    peaks.greatest = std::max(peaks.greatest, bucket.series[series].greatest);
    peaks.sum += bucket.series[series].sum;
  }
  return peaks;
}

TEST_CASE("there is no bucket without rows") {
  CHECK(buckets_of({}).empty());
}

TEST_CASE("one row makes a bucket without length, and its rates are unknown") {
  Row row = a_row(0);
  row.value[RUSAGE_rss] = 4096;
  const auto buckets = buckets_of({row});
  REQUIRE(buckets.size() == 1);
  CHECK(buckets[0].end_ns == 0);
  CHECK(buckets[0].mean(RUSAGE_rss) == 4096);
  CHECK_FALSE(buckets[0].known(RUSAGE_user));
  CHECK_FALSE(buckets[0].known(cpu_series));
}

TEST_CASE("each row is a bucket with rates per second while there are few rows") {
  Row row = a_row(1);
  row.value[RUSAGE_user] = 5 * ms;
  row.value[RUSAGE_system] = 2 * ms;
  row.value[RUSAGE_read_bytes] = 1000;
  row.value[RUSAGE_rss] = 4096;
  const auto buckets = buckets_of({a_row(0), row, a_row(2)});
  REQUIRE(buckets.size() == 3);
  CHECK(buckets[1].begin_ns == 0);
  CHECK(buckets[1].end_ns == interval_ns);
  CHECK(buckets[1].mean(RUSAGE_user) == Approx(.5));
  CHECK(buckets[1].mean(cpu_series) == Approx(.7));
  CHECK(buckets[1].mean(RUSAGE_read_bytes) == Approx(100'000));
  CHECK(buckets[1].mean(RUSAGE_rss) == 4096);
  for (const auto series : {std::size_t{RUSAGE_read_bytes}, std::size_t{RUSAGE_rss}, cpu_series}) {
    CHECK(buckets[1].series[series].least == buckets[1].mean(series));
    CHECK(buckets[1].series[series].greatest == buckets[1].mean(series));
  }
  CHECK(buckets[2].mean(RUSAGE_read_bytes) == 0);
}

TEST_CASE("the number of buckets is bounded, and no peak and no sum is lost") {
  const std::uint64_t count = GENERATE(2, 3, 63, 64, 65, 66, 127, 128, 129, 1000, 4097);
  const std::vector<Row> rows = random_rows(count);
  const auto all = buckets_of(rows, 100'000);
  const auto few = buckets_of(rows, 64);
  CHECK(all.size() == count);
  CHECK(few.size() <= 65);
  CHECK(few.size() >= std::min<std::size_t>(count, 32));
  for (std::size_t i = 0; i < series_count; i++) {
    if (i == RUSAGE_elapsed) continue;
    CAPTURE(i);
    const Peaks expected = peaks_of(all, i);
    const Peaks found = peaks_of(few, i);
    CHECK(found.least == expected.least);
    CHECK(found.greatest == expected.greatest);
    CHECK(found.sum == Approx(expected.sum));
  }
}

TEST_CASE("buckets have no gaps and cover the whole recording") {
  const auto buckets = buckets_of(random_rows(1234), 64);
  std::uint64_t last_end_ns = 0;
  std::uint64_t steps = 0;
  for (const Bucket &bucket : buckets) {
    CHECK(bucket.begin_ns == last_end_ns);
    last_end_ns = bucket.end_ns;
    steps += bucket.steps;
  }
  CHECK(last_end_ns == 1233 * interval_ns);
  CHECK(steps == 1234);
}

TEST_CASE("the mean of a rate is over time, the mean of a gauge over rows") {
  std::vector<Row> rows{a_row(0), a_row(1), a_row(2), a_row(3)};
  rows[1].value[RUSAGE_read_bytes] = 100;
  rows[2].value[RUSAGE_rss] = 30;
  // The third row is three intervals long, because ticks were missed.
  rows[3].value[RUSAGE_elapsed] = 5 * interval_ns;
  rows[3].value[RUSAGE_read_bytes] = 400;
  Buckets buckets(interval_ns, 2);
  for (const Row &row : rows) buckets.add(row);
  const auto list = buckets.list();
  CHECK(buckets.steps_each() == 2);
  REQUIRE(list.size() == 2);
  CHECK(list[1].mean(RUSAGE_read_bytes) == Approx(400 / .04));
  CHECK(list[1].mean(RUSAGE_rss) == 15);
}

TEST_CASE("a row that is much shorter than the interval makes no peak") {
  Row last = a_row(3);
  last.value[RUSAGE_elapsed] = 2 * interval_ns + ms / 100;
  last.value[RUSAGE_write_bytes] = 1000;
  last.value[RUSAGE_rss] = 7;
  const auto at_the_end = buckets_of({a_row(0), a_row(1), a_row(2), last});
  REQUIRE(at_the_end.size() == 3);
  CHECK(at_the_end[2].end_ns == last.value[RUSAGE_elapsed]);
  CHECK(at_the_end[2].series[RUSAGE_write_bytes].greatest == Approx(1000 / .01001));
  CHECK(at_the_end[2].series[RUSAGE_rss].greatest == 7);

  const auto in_the_middle = buckets_of({a_row(0), a_row(1), a_row(2), last, a_row(4)});
  REQUIRE(in_the_middle.size() == 4);
  CHECK(in_the_middle[3].series[RUSAGE_write_bytes].greatest == Approx(1000 / .02));
}

TEST_CASE("a recording that is shorter than the interval has rates too") {
  Row row = a_row(1);
  row.value[RUSAGE_elapsed] = ms;
  row.value[RUSAGE_user] = ms;
  const auto buckets = buckets_of({a_row(0), row});
  REQUIRE(buckets.size() == 2);
  CHECK(buckets[1].mean(RUSAGE_user) == Approx(1));
}

TEST_CASE("an unknown value in a row changes nothing, and a column that is unknown in all rows stays unknown") {
  std::vector<Row> rows = random_rows(200);
  for (Row &row : rows) {
    row.known.reset(RUSAGE_num_fds);
    if (row.number % 2 == 1) row.known.reset(RUSAGE_rss);
    if (row.number % 2 == 1) row.value[RUSAGE_rss] = 1 << 30;
  }
  for (const Bucket &bucket : buckets_of(rows, 16)) {
    CHECK_FALSE(bucket.known(RUSAGE_num_fds));
    REQUIRE(bucket.known(RUSAGE_rss));
    CHECK(bucket.series[RUSAGE_rss].greatest < 1 << 20);
  }
}

}  // namespace
}  // namespace rusage_bpf::buckets_test
