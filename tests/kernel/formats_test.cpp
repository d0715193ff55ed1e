// The formats from end to end: one recording in each of them, and what convert writes.
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>
#include <algorithm>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>

#include "support/background.h"
#include "support/ndjson.h"
#include "support/refusal.h"
#include "support/scene.h"
#include "support/trace.h"
#include "support/users.h"

namespace {

using namespace test;
using Json = nlohmann::ordered_json;
using Arguments = std::vector<std::string>;

// The shortest text of a number: dump() does not always find it.
std::string text_of(const Json &value) {
  if (!value.is_number_float()) return value.dump();
  const std::string text = fmt::format("{}", value.get<double>());
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

// The rows of a document as CSV.
std::string csv_of(const Json &document) {
  std::string text;
  for (const Json &column : document["columns"]) text += (text.empty() ? "" : ",") + column["name"].get<std::string>();
  for (const Json &sample : document["samples"]) {
    text += "\r\n" + sample["timestamp"].get<std::string>();
    for (const auto &[name, value] : sample.items())
      if (name != "timestamp") text += "," + (value.is_null() ? "" : text_of(value));
  }
  return text + "\r\n";
}

constexpr const char *some_children = "for i in 1 2 3 4 5; do cat script >copy; sleep .02; done";

void convert(const Scene &scene, Arguments arguments) {
  arguments.insert(arguments.begin(), "convert");
  const Finished finished = run_to_end(scene.recorder(arguments));
  INFO(finished.errors);
  CHECK(finished.exit_code == 0);
  CHECK(finished.errors.empty());
}

}  // namespace

TEST_CASE("Several outputs have the same rows", "[host]") {
  const Scene scene(some_children);
  const Finished finished = run_to_end(scene.recorder(
      {"-q", "-i", ".01", "-o", "out.json", "-o", "2.ndjson", "-o", "3.jsonl", "-o", "-.csv", "--", "sh", "script"}));
  CHECK(finished.exit_code == 0);
  scene.check_recording(0, nullptr);
  const Json document = Json::parse(scene.text("out.json"));
  REQUIRE(document["samples"].size() > 3);
  const auto lines = whole_lines(scene.text("2.ndjson"));
  CHECK(samples_of(lines) == document["samples"]);
  CHECK(scene.text("3.jsonl") == scene.text("2.ndjson"));
  CHECK(finished.output == csv_of(document));

  Json meta = lines.front()["meta"];
  meta.update(lines.back()["meta"]);
  CHECK(meta == document["meta"]);
  CHECK(lines.front()["columns"] == document["columns"]);
  CHECK(lines.back()["totals"] == document["totals"]);
  CHECK(lines.back()["audit"] == document["audit"]);
}

TEST_CASE("A reader that follows NDJSON sees whole lines, each while the recording goes on", "[host]") {
  const Scene scene(until_exists("go"));
  Background recorder(scene.recorder({"-q", "-i", ".001", "-o", "out.ndjson", "--", "sh", "script"}));
  std::size_t rows = 0;
  std::string torn;
  wait_until("two hundred rows", [&] {
    if (!scene.exists("out.ndjson")) return false;
    const std::string text = scene.text("out.ndjson");
    const auto lines = whole_lines(text);
    REQUIRE(lines.size() >= rows);
    rows = lines.size();
    // A line may be met while it is being written, which takes no time.
    const std::string rest = text.substr(text.rfind('\n') + 1);
    CHECK((rest.empty() || rest != torn));
    torn = rest;
    return rows > 200;
  });
  scene.create("go");
  CHECK(recorder.wait().exit_code == 0);
  const std::string text = scene.text("out.ndjson");
  CHECK(text.ends_with("\n"));
  const auto lines = whole_lines(text);
  CHECK(lines.front()["kind"] == "begin");
  CHECK(lines.back()["kind"] == "end");
  CHECK(lines.back()["meta"]["rows"] == samples_of(lines).size());
}

TEST_CASE("Under sudo NDJSON belongs to the caller from its first line on", "[host]") {
  const Scene scene(until_exists("go"));
  give_to_nobody(scene.path());
  Background recorder(with_sudo(scene.recorder({"-q", "-i", ".01", "-o", "out.ndjson", "--", "sh", "script"})));
  wait_until("some rows",
             [&] { return scene.exists("out.ndjson") && whole_lines(scene.text("out.ndjson")).size() > 5; });
  struct stat is {};
  REQUIRE(stat(scene.path("out.ndjson").c_str(), &is) == 0);
  CHECK(is.st_uid == nobody);
  scene.create("go");
  CHECK(recorder.wait().exit_code == 0);
  CHECK(whole_lines(scene.text("out.ndjson")).back()["kind"] == "end");
}

TEST_CASE("A recorder that is killed leaves NDJSON without an end, and convert reads its rows", "[host]") {
  const Scene scene(until_exists("go"));
  Background recorder(scene.recorder({"-q", "-i", ".001", "--ring", "ring", "-o", "cut.ndjson", "--", "sh", "script"}));
  wait_until("some rows",
             [&] { return scene.exists("cut.ndjson") && whole_lines(scene.text("cut.ndjson")).size() > 20; });
  recorder.send(SIGKILL);
  CHECK(recorder.wait().signal == SIGKILL);
  scene.create("go");
  const Json samples = samples_of(whole_lines(scene.text("cut.ndjson")));

  const Finished finished = run_to_end(scene.recorder({"convert", "cut.ndjson", "-o", "out.json"}));
  CHECK(finished.exit_code == 0);
  check_line(finished.errors, {"cut.ndjson: its end is missing", std::to_string(samples.size())});
  scene.check_recording(nullptr, nullptr);
  const Json document = Json::parse(scene.text("out.json"));
  CHECK(document["samples"] == samples);
  CHECK(document["meta"]["recovered"] == true);
  CHECK(document["audit"]["ticks_missed"].is_null());
}

std::vector<std::string> sorted_lines(const std::string &text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  std::sort(lines.begin(), lines.end());
  return lines;
}

// A document does not have between which rows a process exited.
Json sorted_events(const std::string &trace) {
  Json events = Json::parse(trace).at("traceEvents");
  std::sort(events.begin(), events.end(), [](const Json &a, const Json &b) { return a.dump() < b.dump(); });
  return events;
}

TEST_CASE("convert writes what the recorder itself would have written", "[host]") {
  const Scene scene(some_children);
  CHECK(run_to_end(scene.recorder({"-q", "-i", ".01", "-o", "out.json", "-o", "a.ndjson", "-o", "a.perfetto.json", "-o",
                                   "a.csv", "--csv-meta", "--", "sh", "script"}))
            .exit_code == 0);
  scene.check_recording(0, nullptr);
  for (const char *from : {"out.json", "a.ndjson"}) {
    convert(scene, {from, "-o", "b.json", "-o", "b.ndjson", "-o", "b.perfetto.json", "-o", "b.csv", "--csv-meta"});
    CHECK(sorted_events(scene.text("b.perfetto.json")) == sorted_events(scene.text("a.perfetto.json")));
    CHECK(scene.text("b.json") == scene.text("out.json"));
    // A document does not tell between which rows a process was over.
    CHECK(sorted_lines(scene.text("b.ndjson")) == sorted_lines(scene.text("a.ndjson")));
    CHECK(scene.text("b.csv") == scene.text("a.csv"));
  }
  CHECK(scene.text("a.csv").starts_with("# schema: \"rusage-bpf/1\"\r\n"));
  // A file may be replaced by its own conversion.
  convert(scene, {"b.ndjson", "-o", "b.ndjson"});
  CHECK(scene.text("b.ndjson") == scene.text("a.ndjson"));
}

TEST_CASE("A trace for Perfetto has the processes of the document and its totals", "[host]") {
  const Scene scene(some_children);
  const Finished finished = run_to_end(scene.recorder(
      {"-q", "-i", ".01", "-o", "out.json", "-o", "-.perfetto.json", "--ring", "ring", "--", "sh", "script"}));
  CHECK(finished.exit_code == 0);
  const Json document = Json::parse(scene.text("out.json"));
  const Trace trace(finished.output);
  std::size_t spans = 0;
  for (const auto &[id, slices] : trace.slices) {
    CHECK(slices.front().args["pid"] == id);
    for (const Slice &slice : slices) {
      spans++;
      const auto &processes = document["processes"];
      CHECK(std::find(processes.begin(), processes.end(), slice.args) != processes.end());
    }
  }
  CHECK(spans == document["processes"].size());
  // Each of the shell's children is forked and then executes something.
  CHECK(spans > trace.slices.size());
  CHECK(trace.slices.size() == 1 + 2 * 5);
  CHECK(trace.about.at(document["meta"]["root_pid"])["process_name"] == "sh");

  const auto check_total = [&](const Trace &whole, const char *column, const char *unit, double each) {
    CHECK(whole.integral(std::string(column) + " " + unit) / each ==
          Approx(document["totals"][column].get<double>()).epsilon(1e-9));
  };
  CHECK(run_to_end(scene.recorder({"recover", "ring", "-q", "-o", "ring.perfetto.json"})).exit_code == 0);
  for (const Trace &whole : {trace, Trace(scene.text("ring.perfetto.json"))}) {
    check_total(whole, "user", "% of one core", 100);
    check_total(whole, "system", "% of one core", 100);
    check_total(whole, "run_delay", "tasks", 1);
    check_total(whole, "read_bytes", "bytes/s", 1);
    check_total(whole, "minor_faults", "faults/s", 1);
    check_total(whole, "exits", "processes/s", 1);
  }
  CHECK(trace.other_data["meta"] == document["meta"]);
  CHECK(trace.other_data["totals"] == document["totals"]);
  CHECK(trace.other_data["audit"] == document["audit"]);
}

TEST_CASE("convert reads standard input, and writes to standard output", "[host]") {
  const Scene scene(some_children);
  CHECK(run_to_end(scene.recorded_script()).exit_code == 0);
  Start start = scene.recorder({"convert", "-", "-o", "-"});
  start.input = scene.text("out.json");
  CHECK(run_to_end(start).output == start.input);
  // The same through a pipe, which can be read only once.
  start.argv.insert(start.argv.begin(), {"sh", "-c", "cat | \"$@\"", "sh"});
  CHECK(run_to_end(start).output == start.input);
}

TEST_CASE("convert refuses in one line what it cannot do, and leaves its outputs as they were", "[host]") {
  const Refusal refusal;
  const Scene &scene = refusal.scene();
  const auto check = [&](Arguments arguments, int status, const Arguments &words) {
    arguments.insert(arguments.begin(), "convert");
    refusal.check(scene.recorder(arguments), status, words);
  };
  check({}, 2, {"give a recording"});
  check({"a.json"}, 2, {"give an output"});
  check({"a.json", "-o", "rows.txt"}, 2, {"--output rows.txt", ".ndjson"});
  check({"a.json", "-o", "a.json", "--csv-meta"}, 2, {"--csv-meta"});
  check({"a.json", "--fast"}, 2, {"--fast", "rusage-bpf convert --help"});
  check({"missing.json", "-o", "b.csv"}, 1, {"missing.json: No such file"});
  check({"rusage.json", "-o", "rusage.json"}, 1, {"rusage.json: is not a recording of rusage-bpf"});
  scene.create("half.json", "{\"schema\": \"rusage-bpf/1\", \"samples\": [{\"user\"");
  check({"half.json", "-o", "rusage.json"}, 1, {"half.json: ends in the middle", "recover"});
  scene.create("empty.json");
  check({"empty.json", "-o", "rusage.json"}, 1, {"empty.json: is empty"});
  check({".", "-o", "rusage.json"}, 1, {".: is a directory"});
  const Gate fifo(scene.path("fifo.json"));
  check({"fifo.json", "-o", "rusage.json"}, 1, {"fifo.json: is not a regular file"});
  scene.create("good.ndjson",
               "{\"kind\":\"begin\",\"schema\":\"rusage-bpf/1\",\"meta\":{},"
               "\"columns\":[]}\n");
  check({"good.ndjson", "-o", "missing/b.csv"}, 1, {"missing/b.csv: its directory"});
  scene.create("bad.ndjson", scene.text("good.ndjson") + "{\"kind\":3}\n");
  check({"bad.ndjson", "-o", "b.ndjson", "-o", "rusage.json"}, 1, {"line 2: kind is missing"});
}

TEST_CASE("An output of convert that fails does not affect the others", "[host]") {
  const Scene scene(some_children);
  CHECK(run_to_end(scene.recorded_script()).exit_code == 0);
  const Finished finished = run_to_end(scene.recorder({"convert", "out.json", "-o", "/dev/full", "-o", "b.json"}));
  CHECK(finished.exit_code == 1);
  check_line(finished.errors, {"/dev/full: No space left on device"});
  CHECK(scene.text("b.json") == scene.text("out.json"));
}

TEST_CASE("Every kind of document is valid by the printed schema", "[host]") {
  const Scene scene(some_children);
  CHECK(run_to_end(scene.recorder({"-q", "-o", "out.json", "-o", "a.ndjson", "--ring", "ring", "--", "sh", "script"}))
            .exit_code == 0);
  const std::string text = scene.text("a.ndjson");
  scene.create("cut.ndjson", text.substr(0, text.size() - 30));
  CHECK(run_to_end(scene.recorder({"convert", "cut.ndjson", "-o", "cut.json"})).exit_code == 0);
  CHECK(run_to_end(scene.recorder({"recover", "ring", "-q", "-o", "ring.json"})).exit_code == 0);
  CHECK(run_to_end(scene.recorder({"-q", "-i", "3600", "-o", "killed.json", "--", "sh", "-c", "kill -KILL $$"}))
            .exit_code == 128 + SIGKILL);
  CHECK(run_to_end(scene.recorder({"-q", "--pid", std::to_string(getpid()), "-d", ".1", "-i", ".01", "-o", "pid.json"}))
            .exit_code == 0);
  CHECK(run_to_end(scene.recorder({"-q", "--gauges-from-proc", "-o", "proc.json", "--", "true"})).exit_code == 0);

  const auto validate = [&](const Arguments &documents) {
    Start start = scene.recorder(documents);
    start.argv.insert(start.argv.begin(), TEST_VALIDATE);
    return run_to_end(start);
  };
  const Finished valid = validate({"out.json", "cut.json", "ring.json", "killed.json", "pid.json", "proc.json"});
  INFO(valid.output << valid.errors);
  CHECK(valid.exit_code == 0);

  // The schema is no empty promise.
  for (const auto &[from, to] : {std::pair{"\"user\":0.", "\"user\":-0."},
                                 {"\"rss\":", "\"resident\":"},
                                 {"\"signal\":null", "\"signal\":\"none\""}}) {
    std::string broken = scene.text("out.json");
    const std::size_t at = broken.find(from);
    REQUIRE(at != std::string::npos);
    scene.create("broken.json", broken.replace(at, std::string(from).size(), to));
    CHECK(validate({"broken.json"}).exit_code == 1);
  }
}
