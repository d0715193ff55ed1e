#include "output/json_sink.h"

#include <array>
#include <catch2/catch.hpp>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "support/process.h"
#include "support/recording.h"
#include "support/units.h"

namespace rusage_bpf::json_sink_test {
namespace {

using Json = nlohmann::ordered_json;
using test::a_recording;
using test::a_row;
using test::greatest;
using test::outcome_of;
using test::rows;
using test::second;
using Words = std::vector<std::string>;

// The document as it is written.
std::string document(const Recording &recording, const std::vector<Row> &rows, const Outcome &outcome) {
  const test::TemporaryDirectory directory;
  JsonSink sink(test::create_output(directory.file("out.json")));
  REQUIRE(sink.begin(recording));
  for (const Row &row : rows) REQUIRE(sink.row(row));
  REQUIRE(sink.end(outcome));
  return test::read_file(directory.file("out.json"));
}

std::string document(const std::vector<Row> &some_rows) {
  return document(a_recording(), some_rows, outcome_of(some_rows));
}

Words keys(const Json &object) {
  Words keys;
  for (const auto &[key, value] : object.items()) keys.push_back(key);
  return keys;
}

struct SpecifiedColumn {
  const char *name, *unit, *kind;
};

// As users know them: the first thirteen are those of the notebook that this program grew from.
constexpr std::array specified{
    SpecifiedColumn{"timestamp", "ISO 8601 UTC", "time"},
    SpecifiedColumn{"pid_count", "processes", "gauge"},
    SpecifiedColumn{"user", "s", "counter"},
    SpecifiedColumn{"system", "s", "counter"},
    SpecifiedColumn{"read_count", "calls", "counter"},
    SpecifiedColumn{"write_count", "calls", "counter"},
    SpecifiedColumn{"read_bytes", "bytes", "counter"},
    SpecifiedColumn{"write_bytes", "bytes", "counter"},
    SpecifiedColumn{"rss", "bytes", "gauge"},
    SpecifiedColumn{"vms", "bytes", "gauge"},
    SpecifiedColumn{"ctx_switches_voluntary", "switches", "counter"},
    SpecifiedColumn{"ctx_switches_involuntary", "switches", "counter"},
    SpecifiedColumn{"num_fds", "descriptors", "gauge"},
    SpecifiedColumn{"elapsed", "s", "time"},
    SpecifiedColumn{"thread_count", "tasks", "gauge"},
    SpecifiedColumn{"disk_read_bytes", "bytes", "counter"},
    SpecifiedColumn{"disk_write_bytes", "bytes", "counter"},
    SpecifiedColumn{"minor_faults", "faults", "counter"},
    SpecifiedColumn{"major_faults", "faults", "counter"},
    SpecifiedColumn{"run_delay", "s", "counter"},
    SpecifiedColumn{"forks", "processes", "counter"},
    SpecifiedColumn{"execs", "processes", "counter"},
    SpecifiedColumn{"exits", "processes", "counter"},
};

TEST_CASE("the columns are the documented ones, in the documented order") {
  const Json written = Json::parse(document(rows(2)));
  REQUIRE(written["columns"].size() == specified.size());
  Words names;
  for (std::size_t i = 0; i < specified.size(); ++i) {
    CHECK(written["columns"][i] == Json{{"name", specified[i].name},
                                        {"unit", specified[i].unit},
                                        {"kind", specified[i].kind},
                                        {"source", i == 0 ? "clock" : "somewhere"}});
    names.emplace_back(specified[i].name);
  }
  for (const Json &sample : written["samples"]) CHECK(keys(sample) == names);
}

TEST_CASE("what is known only at the end is at the end") {
  const Json written = Json::parse(document(rows(2)));
  CHECK(keys(written) == Words{"schema", "columns", "samples", "processes", "commands", "meta", "totals", "audit"});
  CHECK(written["schema"] == "rusage-bpf/1");
}

TEST_CASE("counters are null in the first row, and gauges are not") {
  const Json written = Json::parse(document(rows(3)));
  for (const Json &column : written["columns"]) {
    const std::string name = column["name"];
    CAPTURE(name);
    CHECK(written["samples"][0][name].is_null() == (column["kind"] == "counter"));
    CHECK_FALSE(written["samples"][1][name].is_null());
  }
}

TEST_CASE("any number of rows makes a document, with each row on its own line") {
  const std::uint64_t count = GENERATE(0, 1, 2, 1000);
  const std::string text = document(rows(count));
  CHECK(Json::parse(text)["samples"].size() == count);

  std::istringstream lines(text);
  std::uint64_t samples = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("{\"timestamp\"", 0) != 0) continue;
    if (line.back() == ',') line.pop_back();
    REQUIRE(Json::parse(line)["pid_count"] == samples++);
  }
  CHECK(samples == count);
}

TEST_CASE("times are seconds to the nanosecond, other values exact integers") {
  Row row = a_row(1);
  row.realtime_ns = 1'795'346'925'123'456'789;
  row.value[RUSAGE_user] = 1'234'567'891;
  row.value[RUSAGE_elapsed] = 86'400 * second + 1;
  row.value[RUSAGE_run_delay] = 0;
  row.value[RUSAGE_read_bytes] = greatest;
  const Json sample = Json::parse(document({a_row(0), row}))["samples"][1];
  CHECK(sample["timestamp"] == "2026-11-22T11:28:45.123456Z");
  CHECK(sample["user"] == 1.234567891);
  CHECK(sample["system"] == 1e-9);
  CHECK(sample["elapsed"] == 86'400.000000001);
  CHECK(sample["run_delay"].is_number_float());  // also where it happens to be whole
  CHECK(sample["read_bytes"] == greatest);
  CHECK(sample["rss"].is_number_unsigned());
}

TEST_CASE("the recording is described") {
  Outcome outcome = outcome_of(rows(3));
  outcome.end_realtime_ns = 1'795'346'926 * second;
  outcome.exit = {.code = 3, .signal = {}};
  Recording recording = a_recording();
  recording.clock = "kernel";
  recording.realtime_priority = false;
  const Json meta = Json::parse(document(recording, rows(3), outcome))["meta"];
  CHECK(meta == Json{{"version", "1.2.3"},
                     {"host", "host"},
                     {"kernel", "6.18.0"},
                     {"cpus", 2},
                     {"boot_id", "b007"},
                     {"target", "command"},
                     {"argv", {"make", "-j8"}},
                     {"root_pid", 42},
                     {"cgroup", nullptr},
                     {"interval", .03},
                     {"start", "2026-11-22T11:28:45.000000Z"},
                     {"backend", "bpf"},
                     {"backend_reason", nullptr},
                     {"clock", "kernel"},
                     {"realtime_priority", false},
                     {"end", "2026-11-22T11:28:46.000000Z"},
                     {"ended_by", "command"},
                     {"exit_code", 3},
                     {"signal", nullptr},
                     {"rows", 3},
                     {"rows_overwritten", 0},
                     {"recovered", false}});
}

TEST_CASE("a command that a signal killed has no exit code") {
  Outcome outcome;
  outcome.exit = {.code = {}, .signal = 9};
  const Json meta = Json::parse(document(a_recording(), {}, outcome))["meta"];
  CHECK(meta["exit_code"].is_null());
  CHECK(meta["signal"] == 9);
}

TEST_CASE("arguments may be any bytes") {
  Recording recording = a_recording();
  recording.argv = {"say \"hi\"\\\n\t\x01", "caf\xc3\xa9", "caf\xe9", ""};
  const Json meta = Json::parse(document(recording, {}, Outcome()))["meta"];
  CHECK(meta["argv"] == Json{recording.argv[0], recording.argv[1], "caf\\xe9", ""});
}

TEST_CASE("totals are the counters' sums and the gauges' peaks") {
  const Json totals = Json::parse(document(rows(4)))["totals"];
  for (const SpecifiedColumn &column : specified) {
    const std::string kind = column.kind;
    const bool in_seconds = std::string(column.unit) == "s";
    CAPTURE(column.name);
    CHECK(totals.contains(column.name) == (kind != "time"));
    if (kind == "counter") CHECK(totals[column.name] == (in_seconds ? Json(6e-9) : Json(6)));
    if (kind != "gauge") continue;
    CHECK(totals[column.name]["peak"] == 3);
    CHECK(totals[column.name]["elapsed"] == 3e-9);
  }
}

TEST_CASE("totals that are unknown in all rows are null, never 0") {
  const Json totals = Json::parse(document({}))["totals"];
  CHECK(totals["user"].is_null());
  CHECK(totals["rss"] == Json{{"peak", nullptr}, {"elapsed", nullptr}, {"at_least", nullptr}});
  CHECK(totals["vms"] == Json{{"peak", nullptr}, {"elapsed", nullptr}});
}

TEST_CASE("the audit has the kernel's totals beside those of the rows, and the losses") {
  Row row = a_row(1);
  row.value[RUSAGE_user] = 3 * second;
  row.value[RUSAGE_system] = second;
  row.value[RUSAGE_minor_faults] = 7;
  Outcome outcome = outcome_of({a_row(0), row});
  outcome.audit = {.kernel = {},
                   .unwaited = Unwaited{6, second},
                   .oom_kills = 7,
                   .oom_kills_on_machine = 8,
                   .sigkilled_processes = 9,
                   .sigkilled_commands = {"cc1"},
                   .losses = Losses{.untracked_tasks = 1, .ticks_missed = 3},
                   .punctuality = Punctuality{.lateness_p50_ns = second / 16,
                                              .lateness_p99_ns = second / 8,
                                              .lateness_max_ns = second / 4,
                                              .longest_gap_ns = 2 * second},
                   .events_lost = 2,
                   .unseen_tasks = 4,
                   .unlisted_tasks = 6,
                   .unreadable_processes = 5,
                   .untraceable_tasks = 6,
                   .recorder_cpu_ns = second / 2,
                   .clock_cpu_ns = second / 4,
                   .recorder_peak_rss_bytes = 4096};
  for (const auto &[column, value] :
       {std::pair{RUSAGE_user, 4 * second}, {RUSAGE_system, 4 * second}, {RUSAGE_minor_faults, std::uint64_t{8}}}) {
    outcome.audit.kernel.value[column] = value;
    outcome.audit.kernel.known.set(column);
  }
  const Json audit = Json::parse(document(a_recording(), {a_row(0), row}, outcome))["audit"];
  CHECK(audit == Json{{"kernel", {{"user", 4.0}, {"system", 4.0}, {"minor_faults", 8}}},
                      {"rows", {{"user", 3.0}, {"system", 1.0}, {"minor_faults", 7}}},
                      {"cpu_accounted", .375},
                      {"unwaited_processes", 6},
                      {"unwaited_cpu", 1.0},
                      {"oom_kills", 7},
                      {"oom_kills_on_machine", 8},
                      {"sigkilled_processes", 9},
                      {"sigkilled_commands", {"cc1"}},
                      {"untracked_tasks", 1},
                      {"events_lost", 2},
                      {"unseen_tasks", 4},
                      {"unlisted_tasks", 6},
                      {"unreadable_processes", 5},
                      {"untraceable_tasks", 6},
                      {"ticks_missed", 3},
                      {"tick_lateness", {{"p50", .0625}, {"p99", .125}, {"max", .25}}},
                      {"longest_gap", 2.0},
                      {"rows_damaged", 0},
                      {"ring_error", nullptr},
                      {"processes_left_out", 0},
                      {"recorder_cpu", .5},
                      {"clock_cpu", .25},
                      {"recorder_peak_rss", 4096}});
}

TEST_CASE("the audit says if the kernel reported nothing") {
  const Json audit = Json::parse(document(rows(2)))["audit"];
  CHECK(audit["kernel"] == Json::object());
  CHECK(audit["rows"] == Json::object());
  CHECK(audit["cpu_accounted"].is_null());
}

TEST_CASE("a recording that was cut short leaves no document") {
  const test::TemporaryDirectory directory;
  {
    JsonSink sink(test::create_output(directory.file("out.json")));
    REQUIRE(sink.begin(a_recording()));
    REQUIRE(sink.row(a_row(0)));
  }
  CHECK(std::filesystem::is_empty(directory.path()));
}

}  // namespace
}  // namespace rusage_bpf::json_sink_test
