// Process records and commands in the outputs. Every document is checked to have records that add up to the totals: see
// support/document.h.
#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>

#include "rusage_bpf/task_event.h"
#include "support/background.h"
#include "support/document.h"
#include "support/scene.h"

namespace {

using Catch::Matchers::Contains;
using nlohmann::json;
using test::Document;
using test::Scene;
using Words = std::vector<std::string>;

// Records a command to out.json, and keeps the messages of the recorder.
struct Run {
  Document document;
  std::string errors;
};

Run record(const Scene &scene, Words options, const Words &command, int exit_code = 0) {
  options.insert(options.end(), {"-o", "out.json", "--"});
  options.insert(options.end(), command.begin(), command.end());
  const test::Finished finished = run_to_end(scene.recorder(options));
  INFO(finished.errors);
  REQUIRE(finished.exit_code == exit_code);
  return {Document(test::read_json(scene.path("out.json"))), finished.errors};
}

std::string workload(const std::string &name) {
  return std::filesystem::absolute(test::built("tests/programs/" + name));
}

const json &command_named(const Document &document, const std::string &name) {
  for (const json &command : document.json().at("commands"))
    if (command.at("command") == name) return command;
  FAIL("no command is called " << name);
  throw;
}

}  // namespace

TEST_CASE("each process has what it executed, its parent, and how it exited") {
  const Scene scene("sh -c 'exit 7' first; sh -c 'kill -KILL $$'; exit 3");
  const Run run = record(scene, {"-q"}, {"sh", "script"}, 3);
  const auto record_of = [&](const json &argv) -> const json & {
    for (const json &span : run.document.json().at("processes"))
      if (span.at("argv") == argv) {
        // One that was forked only is the same in all but how it ended.
        if (!span.at("exit_code").is_null() || !span.at("signal").is_null()) return span;
      }
    FAIL("no span of " << argv);
    throw;
  };
  const json &root = record_of({"sh", "script"});
  const json &first = record_of({"sh", "-c", "exit 7", "first"});
  const json &second = record_of({"sh", "-c", "kill -KILL $$"});
  CHECK(root.at("pid") == run.document.json().at("meta").at("root_pid"));
  CHECK(root.at("exit_code") == 3);
  CHECK(first.at("exit_code") == 7);
  CHECK(second.at("exit_code").is_null());
  CHECK(second.at("signal") == 9);
  for (const json *child : {&first, &second}) {
    CHECK(child->at("ppid") == root.at("pid"));
    CHECK(child->at("start") >= root.at("start"));
    CHECK(child->at("end") <= root.at("end"));
  }
  CHECK(first.at("end") <= second.at("start"));
}

TEST_CASE("a command line is cut at 4 KiB, and any bytes in it are text") {
  const Scene scene;
  const std::string longest(100'000, 'x');
  const Run run = record(scene, {"-q"}, {"true", "a b", "", "\xff\n", longest});
  const json &argv = run.document.json().at("processes").back().at("argv");
  REQUIRE(argv.size() == 5);
  CHECK(argv[1] == "a b");
  CHECK(argv[2] == "");
  CHECK(argv[3] == "\\xff\n");
  const std::size_t before = std::string("true a b  ?\n ").size();
  CHECK(argv[4] == longest.substr(0, 4096 - before));
}

TEST_CASE("the peak of resident memory is that of the process itself") {
  const Scene scene;
  const Run run = record(scene, {"-q"}, {workload("touch"), "truth.json", "3"});
  constexpr std::int64_t touched = 64 << 20;
  int children = 0;
  for (const json &span : run.document.json().at("processes")) {
    if (span.at("ppid") != run.document.json().at("meta").at("root_pid")) continue;
    INFO(span.dump());
    children++;
    CHECK(span.at("peak_rss") >= touched);
    CHECK(span.at("peak_rss") < touched + (8 << 20));
  }
  CHECK(children == 3);
  CHECK(command_named(run.document, "touch").at("peak_rss") >= touched);
}

TEST_CASE("a process over --max-processes is only in its command, and that is reported", "[host]") {
  const Scene scene("for i in $(seq 50); do true | env true; done");
  const Run run = record(scene, {"--max-processes", "10"}, {"sh", "script"});
  const json &whole = run.document.json();
  CHECK(whole.at("processes").size() == 10);
  const auto left_out = whole.at("audit").at("processes_left_out").get<int>();
  // Each pass forks two, of which one executes env and then true.
  CHECK(left_out == 1 + 2 + 50 * (2 + 2) - 10);
  CHECK(command_named(run.document, "true").at("processes") == 50);
  CHECK(command_named(run.document, "env").at("processes") == 50);
  CHECK_THAT(run.errors, Contains("over --max-processes"));
}

TEST_CASE("execs that did not fit into the ring buffer are counted as lost", "[host]") {
  // More than the buffer holds, while the recorder does not read it.
  constexpr int execs = 1500;
  const Scene scene(
      ": >ready; read line <gate; i=0; while [ $i -lt 1500 ]; do /bin/true $1; i=$((i+1)); done; : "
      ">done");
  const test::Gate gate(scene.path("gate"));
  test::Background recorder(
      scene.recorder({"-o", "out.json", "--", "sh", "script", std::string(RUSAGE_EXEC_ARGUMENTS_BYTES, 'x')}));
  test::wait_until("the script", [&] { return scene.exists("ready"); });
  recorder.send(SIGSTOP);
  test::wait_until("the recorder to stop", [&] { return test::process_state(recorder.pid()).state == 'T'; });
  gate.open();
  test::wait_until("the script's end", [&] { return scene.exists("done"); });
  recorder.send(SIGCONT);
  const test::Finished finished = recorder.wait();
  REQUIRE(finished.exit_code == 0);

  const Document document(test::read_json(scene.path("out.json")));
  CHECK(document.sum("forks") == execs);
  CHECK(document.sum("execs") == 1 + execs);
  CHECK(document.sum("exits") == 1 + execs);
  const auto lost = document.json().at("audit").at("events_lost").get<int>();
  const auto told = command_named(document, "true").at("processes").get<int>();
  CHECK(lost > 0);
  CHECK(told > 0);
  CHECK(told + lost == execs);
  CHECK_THAT(finished.errors, Contains("0 tasks lost") && Contains(" events lost"));
}

TEST_CASE("the recorder's memory does not grow with the number of processes", "[host][memory]") {
  std::array<std::int64_t, 2> peaks{};
  for (const std::size_t i : {0, 1}) {
    const Scene scene;
    const std::string children = i == 0 ? "2000" : "20000";
    const Run run =
        record(scene, {"-q", "-i", "0.01", "--max-processes", "1000"}, {workload("storm"), "truth.json", children});
    const json &audit = run.document.json().at("audit");
    CHECK(audit.at("untracked_tasks") == 0);
    peaks.at(i) = audit.at("recorder_peak_rss").get<std::int64_t>();
  }
  CHECK(peaks[1] < peaks[0] + (6 << 20));
}
