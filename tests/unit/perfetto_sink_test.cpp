#include "output/perfetto_sink.h"

#include <catch2/catch.hpp>
#include <filesystem>

#include "document/document.h"
#include "support/process.h"
#include "support/recording.h"
#include "support/trace.h"
#include "support/units.h"

namespace rusage_bpf::perfetto_sink_test {
namespace {

using Catch::Matchers::Contains;
using test::second;
using test::Trace;

constexpr std::uint64_t interval_ns = second / 100;

// Differences of 5 s or 5 bytes, and gauges that grow.
Row a_row(std::uint64_t number, std::uint64_t elapsed_ns) {
  Row row{.number = number, .realtime_ns = 0, .value = {}, .known = {}, .losses = {}};
  for (std::size_t i = 0; i < column_count; i++) {
    const bool counter = columns[i].is_counter();
    row.value[i] = !counter ? number : columns[i].in_nanoseconds() ? 5 * second : 5;
    row.known[i] = number > 0 || !counter;
  }
  row.value[RUSAGE_elapsed] = elapsed_ns;
  return row;
}

Process a_process(int pid, std::int64_t start_ns, std::optional<std::int64_t> end_ns,
                  const std::string &command = "cc1", Exit exit = {}) {
  Process process;
  process.pid = pid;
  process.ppid = 7;
  process.image = std::make_shared<const Image>(Image{command, {command, "-O2"}});
  process.start_ns = start_ns;
  process.end_ns = end_ns;
  process.exit = exit;
  process.value[RUSAGE_user] = 1'500'000'000;
  process.known.set(RUSAGE_user);
  return process;
}

std::string written(const std::vector<Row> &rows, const std::vector<Process> &processes = {},
                    Recording recording = test::a_recording()) {
  const test::TemporaryDirectory directory;
  recording.interval_ns = interval_ns;
  PerfettoSink sink(test::create_output(directory.file("out.perfetto.json")));
  REQUIRE(sink.begin(recording));
  for (const Row &row : rows) REQUIRE(sink.row(row));
  for (const Process &process : processes) REQUIRE(sink.process(process));
  REQUIRE(sink.end(test::outcome_of(rows)));
  return test::read_file(directory.file("out.perfetto.json"));
}

Trace trace_of(const std::vector<Process> &processes) {
  return Trace(written({a_row(0, 0)}, processes));
}

void check_track(const Trace &trace, const std::string &name,
                 const std::vector<std::pair<std::uint64_t, double>> &wanted) {
  CAPTURE(name);
  REQUIRE(trace.counters.contains(name));
  std::vector<std::pair<std::uint64_t, double>> shown;
  for (const auto &[ns, value] : trace.counters.at(name)) shown.emplace_back(static_cast<std::uint64_t>(ns), value);
  CHECK(shown == wanted);
}

TEST_CASE("a trace without rows has the recording's name and description") {
  const Trace trace(written({}));
  CHECK(trace.counters.empty());
  CHECK(trace.slices.empty());
  CHECK(trace.about.at(0).at("process_name") == "make -j8");
  CHECK(trace.about.at(0).at("process_sort_index") < -1e15 + 1);
  Recording recording = test::a_recording();
  recording.interval_ns = interval_ns;
  CHECK(trace.other_data == frame_json(recording, test::outcome_of({})));
}

TEST_CASE("a counter is a rate from its row's start, and a gauge is valid from its row's end") {
  const Trace trace(written({a_row(0, 0), a_row(1, 2 * second), a_row(2, 3 * second)}));
  check_track(trace, "user % of one core", {{0, 250}, {2 * second, 500}, {3 * second, 0}});
  check_track(trace, "system % of one core", {{0, 250}, {2 * second, 500}, {3 * second, 0}});
  check_track(trace, "run_delay tasks", {{0, 2.5}, {2 * second, 5}, {3 * second, 0}});
  check_track(trace, "read_bytes bytes/s", {{0, 2.5}, {2 * second, 5}, {3 * second, 0}});
  check_track(trace, "forks processes/s", {{0, 2.5}, {2 * second, 5}, {3 * second, 0}});
  check_track(trace, "rss bytes", {{0, 0}, {2 * second, 1}, {3 * second, 2}});
  check_track(trace, "num_fds descriptors", {{0, 0}, {2 * second, 1}, {3 * second, 2}});
  // All columns but the time.
  CHECK(trace.counters.size() == column_count - 1);
}

TEST_CASE("a value that does not change is written once") {
  const std::vector<Row> rows{a_row(0, 0), a_row(1, second), a_row(2, 2 * second), a_row(3, 3 * second)};
  check_track(Trace(written(rows)), "read_bytes bytes/s", {{0, 5}, {3 * second, 0}});
}

TEST_CASE("an unknown value is no event, and ends the rate before it") {
  std::vector<Row> rows{a_row(0, 0), a_row(1, second), a_row(2, 2 * second), a_row(3, 3 * second)};
  rows[2].known.reset(RUSAGE_rss);
  rows[2].known.reset(RUSAGE_read_bytes);
  for (Row &row : rows) row.known.reset(RUSAGE_vms).reset(RUSAGE_write_bytes);
  const Trace trace(written(rows));
  check_track(trace, "rss bytes", {{0, 0}, {second, 1}, {3 * second, 3}});
  check_track(trace, "read_bytes bytes/s", {{0, 5}, {second, 0}, {2 * second, 5}, {3 * second, 0}});
  CHECK_FALSE(trace.counters.contains("vms bytes"));
  CHECK_FALSE(trace.counters.contains("write_bytes bytes/s"));
}

TEST_CASE("rows without a time or a length have no rate") {
  std::vector<Row> rows{a_row(0, 0), a_row(1, second), a_row(2, second), a_row(3, 2 * second)};
  rows[3].known.reset(RUSAGE_elapsed);
  check_track(Trace(written(rows)), "read_bytes bytes/s", {{0, 5}, {second, 0}});
}

TEST_CASE("a first row with counters, because earlier rows were lost, covers one interval") {
  const Trace trace(written({a_row(9, second), a_row(10, 2 * second)}));
  check_track(trace, "read_bytes bytes/s", {{second - interval_ns, 500}, {second, 5}, {2 * second, 0}});
  check_track(Trace(written({a_row(9, 5'000'000)})), "read_bytes bytes/s", {{0, 1000}, {5'000'000, 0}});
}

TEST_CASE("what the tracks show adds up to the totals") {
  std::vector<Row> rows{a_row(0, 0)};
  for (std::uint64_t number = 1; number <= 1000; number++) {
    Row row = a_row(number, number * 10'000'019 + number % 7);
    for (std::size_t i = 0; i < column_count; i++)
      if (columns[i].is_counter()) row.value[i] = number * number * (i + 1) % 100'003;
    rows.push_back(row);
  }
  const Trace trace(written(rows));
  const Totals totals = test::outcome_of(rows).totals;
  CHECK(trace.integral("user % of one core") / 100 ==
        Approx(static_cast<double>(totals[RUSAGE_user]) / 1e9).epsilon(1e-9));
  CHECK(trace.integral("run_delay tasks") == Approx(static_cast<double>(totals[RUSAGE_run_delay]) / 1e9).epsilon(1e-9));
  CHECK(trace.integral("minor_faults faults/s") ==
        Approx(static_cast<double>(totals[RUSAGE_minor_faults])).epsilon(1e-9));
}

TEST_CASE("times are microseconds with every nanosecond, however long the recording is") {
  const std::uint64_t year_ns = 365 * 24 * 3600 * second;
  const std::string text = written({a_row(0, 0), a_row(1, 1'002'003), a_row(2, year_ns + 1)});
  CHECK_THAT(text, Contains("{\"ts\":0.000,\"ph\":\"C\""));
  CHECK_THAT(text, Contains("{\"ts\":1002.003,\"ph\":\"C\""));
  CHECK_THAT(text, Contains("{\"ts\":31536000000000.001,\"ph\":\"C\""));
}

TEST_CASE("a process is a slice on its own track, with everything that is known") {
  const Process process = a_process(42, 1'234'567, 2 * second, "cc1", {.code = 3, .signal = {}});
  const Trace trace = trace_of({process});
  REQUIRE(trace.slices.size() == 1);
  REQUIRE(trace.slices.at(42).size() == 1);
  const test::Slice &slice = trace.slices.at(42).front();
  CHECK(slice.name == "cc1");
  CHECK(slice.begin_ns == 1'234'567);
  CHECK(slice.end_ns == 2 * second);
  CHECK(slice.args == process_json(process));
  CHECK(trace.about.at(42).at("process_name") == "cc1");
  CHECK(trace.about.at(42).at("thread_name") == "cc1");
  CHECK(trace.about.at(42).at("process_labels") == "child of 7");
  CHECK(trace.about.at(42).at("process_sort_index") == 1234);
}

TEST_CASE("the records before and after an exec are slices of the same process, which has the last name") {
  // The second way, the first span's threads were late.
  const bool in_order = GENERATE(true, false);
  std::vector<Process> spans{a_process(42, 100, 200, "sh"), a_process(42, 200, 300, "make"),
                             a_process(42, 300, 400, "cc1", {.code = 0, .signal = {}})};
  if (!in_order) std::swap(spans[0], spans[1]);
  const std::string text = written({a_row(0, 0)}, spans);
  if (!in_order) {
    CHECK_THAT(text, !Contains("2147483648"));
    return;
  }
  const Trace trace(text);
  REQUIRE(trace.slices.size() == 1);
  REQUIRE(trace.slices.at(42).size() == 3);
  CHECK(trace.slices.at(42)[0].end_ns == trace.slices.at(42)[1].begin_ns);
  CHECK(trace.slices.at(42)[1].end_ns == trace.slices.at(42)[2].begin_ns);
  CHECK(trace.about.at(42).at("process_name") == "cc1");
  CHECK(trace.about.at(42).at("process_sort_index") == 0);
}

TEST_CASE("processes that had the same pid one after the other are different") {
  const Exit exit{.code = 0, .signal = {}};
  const Trace trace = trace_of({a_process(42, 100, 200, "first", exit), a_process(42, 300, 400, "second"),
                                a_process(42, 400, 500, "third", exit), a_process(42, 600, 700, "fourth", exit)});
  REQUIRE(trace.slices.size() == 3);
  CHECK(trace.slices.at(42).size() == 1);
  CHECK(trace.slices.at(2147483648).size() == 2);
  CHECK(trace.slices.at(2147483649).size() == 1);
  for (const auto &[id, slices] : trace.slices) CHECK(slices.front().args.at("pid") == 42);
  CHECK(trace.about.at(2147483648).at("process_name") == "third");
}

TEST_CASE("a process that was running before starts with the recording, and a live one has no end") {
  const Trace trace =
      trace_of({a_process(42, -5'000'000, {}), a_process(43, -5'000'000, 100), a_process(44, -5'000'000, -1'000'000)});
  CHECK(trace.slices.at(42).front().begin_ns == 0);
  CHECK_FALSE(trace.slices.at(42).front().end_ns);
  CHECK(trace.slices.at(42).front().args.at("start") == -.005);
  CHECK(trace.about.at(42).at("process_sort_index") == -5000);
  CHECK(trace.slices.at(43).front().end_ns == 100);
  CHECK(trace.slices.at(44).front().end_ns == 0);
}

TEST_CASE("names with any bytes are text") {
  const std::string name = "a\"b\\c\nd</script>\xff";
  const Trace trace = trace_of({a_process(42, 0, 1, name)});
  CHECK(trace.slices.at(42).front().name == "a\"b\\c\nd</script>\xef\xbf\xbd");
  Process unknown = a_process(42, 0, 1);
  unknown.image = std::make_shared<const Image>();
  CHECK(trace_of({unknown}).slices.at(42).front().name == "(unknown)");
}

TEST_CASE("a recording that was cut short leaves no trace") {
  const test::TemporaryDirectory directory;
  {
    PerfettoSink sink(test::create_output(directory.file("out.perfetto.json")));
    REQUIRE(sink.begin(test::a_recording()));
    REQUIRE(sink.row(a_row(0, 0)));
  }
  CHECK(std::filesystem::is_empty(directory.path()));
}

}  // namespace
}  // namespace rusage_bpf::perfetto_sink_test
