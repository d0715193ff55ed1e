#include "model/totals.h"

#include <catch2/catch.hpp>
#include <initializer_list>

namespace rusage_bpf::totals_test {
namespace {

struct Value {
  rusage_column column;
  std::uint64_t value;
};

// A row in which only `values` are known.
Row row(std::uint64_t elapsed_ns, std::initializer_list<Value> values) {
  Row row;
  row.value[RUSAGE_elapsed] = elapsed_ns;
  row.known.set(RUSAGE_elapsed);
  for (const Value &value : values) {
    row.value[value.column] = value.value;
    row.known.set(value.column);
  }
  return row;
}

TEST_CASE("nothing is known before the first row") {
  const Totals totals;
  for (std::size_t i = 0; i < column_count; ++i) CHECK_FALSE(totals.known(i));
  CHECK(totals.rows() == 0);
  CHECK(totals.elapsed_ns() == 0);
}

TEST_CASE("a counter's total is the sum over the rows in which it is known") {
  Totals totals;
  totals.add(row(0, {}));
  totals.add(row(10, {{RUSAGE_forks, 3}}));
  totals.add(row(20, {}));
  totals.add(row(30, {{RUSAGE_forks, 4}}));
  CHECK(totals.known(RUSAGE_forks));
  CHECK(totals[RUSAGE_forks] == 7);
}

TEST_CASE("an unknown value in a row is in no total") {
  Row unknown = row(10, {});
  unknown.value[RUSAGE_forks] = 99;
  unknown.value[RUSAGE_rss] = 99;
  Totals totals;
  totals.add(unknown);
  totals.add(row(20, {{RUSAGE_forks, 1}, {RUSAGE_rss, 1}}));
  CHECK(totals[RUSAGE_forks] == 1);
  CHECK(totals[RUSAGE_rss] == 1);
}

TEST_CASE("a gauge has its peak, and the time at which it had that first") {
  Totals totals;
  totals.add(row(0, {{RUSAGE_rss, 10}}));
  totals.add(row(100, {{RUSAGE_rss, 70}}));
  totals.add(row(200, {{RUSAGE_rss, 30}}));
  totals.add(row(300, {{RUSAGE_rss, 70}}));
  CHECK(totals[RUSAGE_rss] == 70);
  CHECK(totals.peak_elapsed_ns(RUSAGE_rss) == 100);
}

TEST_CASE("a gauge that was always 0 has its peak at the first row in which it is known") {
  Totals totals;
  totals.add(row(100, {}));
  totals.add(row(200, {{RUSAGE_num_fds, 0}}));
  totals.add(row(300, {{RUSAGE_num_fds, 0}}));
  CHECK(totals.known(RUSAGE_num_fds));
  CHECK(totals[RUSAGE_num_fds] == 0);
  CHECK(totals.peak_elapsed_ns(RUSAGE_num_fds) == 200);
}

TEST_CASE("a column that is unknown in all rows stays unknown") {
  Totals totals;
  totals.add(row(0, {{RUSAGE_rss, 1}}));
  totals.add(row(10, {{RUSAGE_rss, 1}, {RUSAGE_user, 0}}));
  CHECK(totals.known(RUSAGE_rss));
  CHECK(totals.known(RUSAGE_user));
  CHECK_FALSE(totals.known(RUSAGE_vms));
  CHECK_FALSE(totals.known(RUSAGE_major_faults));
}

TEST_CASE("totals have the number of rows and the end of the last one") {
  Totals totals;
  for (const std::uint64_t elapsed_ns : {0, 100, 250}) totals.add(row(elapsed_ns, {}));
  CHECK(totals.rows() == 3);
  CHECK(totals.elapsed_ns() == 250);
}

}  // namespace
}  // namespace rusage_bpf::totals_test
