#include "compare/comparison.h"

#include <catch2/catch.hpp>
#include <sstream>

#include "compare/comparison_text.h"
#include "document/document.h"
#include "output/sinks.h"
#include "support/recording.h"
#include "support/units.h"

namespace rusage_bpf::comparison_test {
namespace {

using Catch::Matchers::Contains;
using test::mib;
using test::second;

Command command(const std::string &name, std::uint64_t processes, std::uint64_t cpu_ns) {
  Command command{.name = name, .processes = processes, .value = {}, .known = {}, .peak_rss = 300 * mib};
  command.value[RUSAGE_user] = cpu_ns;
  command.known.set();
  return command;
}

// Passes a recording to the sink, like a reader.
Side read(const std::string &name, std::uint64_t rows, const std::vector<Command> &commands) {
  Side side{.name = name, .recording = {}, .outcome = {}, .buckets = {}};
  SideSink sink(side, 0);
  Outcome outcome = test::outcome_of(test::rows(rows));
  outcome.commands = commands;
  REQUIRE(sink.begin(test::a_recording()));
  for (const Row &row : test::rows(rows)) REQUIRE(sink.row(row));
  REQUIRE(sink.end(outcome));
  return side;
}

std::string line_of(const std::string &text, const std::string &beginning) {
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);)
    if (line.starts_with(beginning)) return line;
  return "";
}

TEST_CASE("every column is compared, and CPU time as a whole") {
  const auto &all = measures();
  CHECK(all.size() == column_count + 1);
  CHECK(all.front().name == "elapsed");
  CHECK(find_measure("cpu")->series == cpu_series);
  CHECK(find_measure("peak_rss")->series == RUSAGE_rss);
  CHECK(find_measure("rss") == nullptr);
}

TEST_CASE("totals have their difference and ratio") {
  const Side a = read("a.json", 5, {});  // 1 + 2 + 3 + 4
  const Side b = read("b.json", 6, {});  // and 5
  const std::string text = comparison_text(compare(a, b));
  CHECK_THAT(line_of(text, "forks"), Contains("10") && Contains("15") && Contains("+5") && Contains("150.0 %"));
  CHECK_THAT(line_of(text, "peak_rss"), Contains("4 B") && Contains("5 B") && Contains("+1 B") && Contains("125.0 %"));
  CHECK_THAT(line_of(comparison_text(compare(b, a)), "forks"), Contains("-5"));
  const Json json = comparison_json(compare(a, b), {"a line"});
  CHECK(json["totals"]["cpu"] ==
        Json{{"unit", "s"}, {"a", 20e-9}, {"b", 30e-9}, {"difference", 10e-9}, {"ratio", 1.5}});
  CHECK(json["totals"]["forks"]["difference"] == 5);
  CHECK(comparison_json(compare(b, a), {})["totals"]["forks"]["difference"] == -5);
  Side none = a;
  none.outcome.totals = Totals();
  Row row = test::a_row(1);
  row.value[RUSAGE_forks] = test::greatest;
  Side most = none;
  most.outcome.totals.add(row);
  none.outcome.totals.add(test::a_row(1));
  CHECK(comparison_json(compare(most, none), {})["totals"]["forks"]["difference"] == -18446744073709551614.0);
  CHECK(json["failed"] == Json{"a line"});
  CHECK(json["a"]["meta"]["host"] == "host");
}

TEST_CASE("an unknown value stays unknown, and is not 0") {
  const Side a = read("a.json", 1, {});  // only gauges are known in its row
  const Side b = read("b.json", 3, {});
  const std::string text = comparison_text(compare(a, b));
  CHECK_THAT(line_of(text, "cpu"), Contains("n/a") && Contains("0.000 s"));
  const Json json = comparison_json(compare(a, b), {});
  CHECK(json["totals"]["cpu"]["a"].is_null());
  CHECK(json["totals"]["cpu"]["difference"].is_null());
  CHECK(json["totals"]["cpu"]["ratio"].is_null());
  // Known, but the ratio would divide by 0.
  CHECK(json["totals"]["peak_rss"]["a"] == 0);
  CHECK(json["totals"]["peak_rss"]["difference"] == 2);
  CHECK(json["totals"]["peak_rss"]["ratio"].is_null());
}

TEST_CASE("ten commands are compared by name, the greatest change in CPU time first") {
  std::vector<Command> before;
  for (std::uint64_t i = 0; i < 12; i++) before.push_back(command("same" + std::to_string(i), 1, second));
  before.push_back(command("ld", 3, 9 * second));
  before.push_back(command("as", 7, 2 * second));
  std::vector<Command> after = before;
  after[12].value[RUSAGE_user] = 4 * second;
  after[13] = command("lld", 2, 6 * second);
  const Side a = read("a.json", 2, before);
  const Side b = read("b.json", 2, after);
  const Comparison comparison = compare(a, b);
  REQUIRE(comparison.commands.size() == 15);
  CHECK(comparison.commands[0].name == "lld");
  CHECK(comparison.commands[1].name == "ld");
  CHECK(comparison.commands[2].name == "as");
  const std::string text = comparison_text(comparison);
  CHECK_THAT(line_of(text, "lld"), Contains("+6.000 s") && Contains("n/a") && Contains("300 MiB"));
  CHECK_THAT(line_of(text, "ld "), Contains("-5.000 s"));
  CHECK_THAT(text, Contains("and 5 more"));
  CHECK(comparison_json(comparison, {})["commands"].size() == 15);
  CHECK(comparison_json(comparison, {})["commands"][2]["cpu"]["b"] == 0);
  CHECK(comparison_json(comparison, {})["commands"][2]["peak_rss"]["b"].is_null());
}

TEST_CASE("unknown commands in one recording do not count as none") {
  const Side a = read("a.json", 2, {command("make", 1, second)});
  const Side b = read("b.json", 2, {});
  CHECK(compare(a, b).commands.empty());
  CHECK_THAT(comparison_text(compare(a, b)), Contains("commands: unknown in A or B"));
}

TEST_CASE("differences that make two recordings hard to compare are reported") {
  const Side a = read("a.json", 3, {});
  Side b = a;
  b.recording.interval_ns = second;
  CHECK(compare(a, b).warnings.empty());
  b.recording.host = "an\nother";
  b.recording.kernel = "6.1";
  b.recording.cpus = 64;
  b.recording.backend = "proc";
  b.outcome.exit.code = 2;
  b.outcome.ended_by = EndReason::unknown;
  CHECK(compare(a, b).warnings ==
        std::vector<std::string>{"other host: host in A, an other in B", "other kernel: 6.18.0 in A, 6.1 in B",
                                 "other number of CPUs: 2 in A, 64 in B", "other backend: bpf in A, proc in B",
                                 "other end: exit 0 in A, exit 2 in B", "B was cut short: its figures are too low"});
  b.outcome.ended_by = EndReason::command;
  b.outcome.rows_overwritten = 1234;
  CHECK(what_is_missing(b) == "lacks 1 234 rows that its ring had no room for");
  b.outcome.rows_overwritten = 0;
  b.outcome.audit.rows_damaged = 2;
  CHECK(what_is_missing(b) == "lacks 2 damaged rows");
  b.outcome.audit = {};
  b.outcome.audit.losses = Losses{.untracked_tasks = 3, .ticks_missed = 9};
  CHECK(what_is_missing(b) == "lacks 3 tasks");
}

TEST_CASE("the table has lines of at most 80 columns, with any names") {
  const std::string long_name(300, 'x');
  std::string umlauts;
  for (int i = 0; i < 100; i++) umlauts += "\u00e4";
  std::vector<Command> commands{command(long_name, 1'234, 12'345 * second), command(umlauts, 412, 777 * second),
                                command("new\nline\x1b[31m", 412, 777 * second)};
  Side a = read("a.json", 5, commands);
  a.recording.argv = {long_name};
  a.recording.host = umlauts;
  Side b = read("b.json", 5, commands);
  b.outcome.commands[0].value[RUSAGE_user] = second;
  std::istringstream stream(comparison_text(compare(a, b)));
  for (std::string line; std::getline(stream, line);) {
    CAPTURE(line);
    if (!line.starts_with("warning")) CHECK(line.size() <= 80 + umlauts.size() / 2);
    CHECK(line.find('\x1b') == std::string::npos);
    CHECK_NOTHROW(Json(line).dump());  // no half of a character
  }
}

TEST_CASE("the peak of memory is the greatest known one, and the text says which it is") {
  Side a = read("a.json", 5, {});
  Side b = read("b.json", 5, {});
  b.outcome.rss_at_least = 208 * mib;
  const Comparison comparison = compare(a, b);
  const std::string text = comparison_text(comparison);
  CHECK_THAT(line_of(text, "peak_rss"), Contains("4 B") && Contains("208 MiB"));
  CHECK_THAT(text, Contains("peak_rss of B: at least 208 MiB, the peak of one process; 4 B in the rows") &&
                       !Contains("peak_rss of A:"));
  const Json json = comparison_json(comparison, {})["totals"]["peak_rss"];
  CHECK(json["b"] == 208 * mib);
  CHECK(json["sampled"] == Json{{"a", 4}, {"b", 4}});
}

TEST_CASE(
    "of an earlier build's document, single processes' peaks count where they are of the "
    "recording") {
  Outcome old = test::outcome_of(test::rows(5));
  Recording recording = test::a_recording();
  old.rss_at_least.reset();
  old.commands = {command("cc", 1, 1)};
  Outcome outcome = old;
  complete_peak(recording, outcome);
  CHECK(outcome.rss_at_least == 300 * mib);
  recording.target = TargetKind::tree;
  outcome = old;
  complete_peak(recording, outcome);
  CHECK(outcome.rss_at_least == 4);
}

}  // namespace
}  // namespace rusage_bpf::comparison_test
