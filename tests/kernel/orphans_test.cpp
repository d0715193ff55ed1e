// Orphans: a tree is recorded until its last orphan exits, and other children of the recorder are not in the tree.
#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <set>
#include <string>

#include "support/attached.h"
#include "support/background.h"
#include "support/document.h"
#include "support/scene.h"

namespace {

using namespace test;

std::set<std::string> commands_of(const Document &document) {
  std::set<std::string> names;
  for (const auto &command : document.json()["commands"])
    if (command["command"].is_string()) names.insert(command["command"].get<std::string>());
  return names;
}

// A shell script that becomes the recorder of `command`, when it has started `helpers`.
Start script(const Scene &scene, const std::string &helpers, const std::string &options, const std::string &command) {
  Start start = scene.recorder({});
  const std::string recorder = start.argv.front();
  start.argv = {"sh", "-c",
                fmt::format("{} exec {} -q -i .01 -o out.json {} -- {}", helpers, recorder, options, command)};
  return start;
}

std::string orphans(int count) {
  return fmt::format("{} {}", built("tests/programs/leaves_orphans"), count);
}

}  // namespace

TEST_CASE("By /proc the exit of the last orphan is noticed, even if many exit at once", "[host]") {
  const Scene scene;
  for (int round = 0; round < 40; round++) {
    const Finished finished = run_to_end(scene.recorder({"--backend", "proc", "--until", "tree", "-q", "-o", "out.json",
                                                         "--", "sh", "-c", "(true &); (true &); (true &)"}));
    REQUIRE(finished.exit_code == 0);
    REQUIRE(read_document(scene).json()["meta"]["ended_by"] == "tree");
  }
}

TEST_CASE("By /proc nothing of the recorder's own is among the processes", "[host]") {
  const Scene scene;
  CHECK(run_to_end(scene.recorder(
                       {"--backend", "proc", "-q", "-i", ".01", "-o", "out.json", "--", "sh", "-c", "sleep .3; true"}))
            .exit_code == 0);
  const Document document = read_document(scene);
  CHECK(commands_of(document) == std::set<std::string>{"sh", "sleep"});
  CHECK(document.json()["audit"]["unwaited_processes"] == 0);
}

TEST_CASE("Children that the recorder had before are not the command's, nor are their orphans", "[host]") {
  const Scene scene;
  const auto *const backend = GENERATE("proc", "bpf");
  const auto *const until = GENERATE("command", "tree");
  INFO(backend << " until " << until);
  const std::string options = fmt::format("--backend {} --until {}", backend, until);
  // One that outlives the command, with a child of its own, and one that leaves an orphan at nearly each look.
  const Finished finished =
      run_to_end(script(scene, "{ sleep 3; : >over; } & " + orphans(200) + " & ", options,
                        "sh -c 'i=0; while [ $i -lt 3000 ]; do i=$((i + 1)); done; (expr 1 >/dev/null &)'"));
  CHECK(finished.errors.empty());
  CHECK(finished.exit_code == 0);
  CHECK_FALSE(scene.exists("over"));
  const Document document = read_document(scene);
  CHECK(commands_of(document).contains("sh"));
  CHECK_FALSE(commands_of(document).contains("sleep"));
  CHECK_FALSE(commands_of(document).contains("leaves_orphans"));
  CHECK(document.json()["totals"]["pid_count"]["peak"].get<int>() <= 4);
}

TEST_CASE("A recorder that had children before reports the command's end as it was", "[host]") {
  const Scene scene;
  const std::string helper = "sleep 1 & ";
  CHECK(run_to_end(script(scene, helper, "--backend proc", "sh -c 'exit 5'")).exit_code == 5);
  CHECK(run_to_end(script(scene, helper, "--backend proc", "sh -c 'kill -9 $$'")).exit_code == 137);
  CHECK(run_to_end(script(scene, helper, "--backend proc", "./missing")).exit_code == 127);
}

TEST_CASE("By /proc, the init of a pid namespace does not count other orphans", "[host]") {
  const Scene scene;
  Start start = scene.recorder({"--backend", "proc", "-q", "-i", ".01", "-o", "out.json", "--", "sh", "-c",
                                ": >running; " + until_exists("go")});
  start.argv.insert(start.argv.begin(), {"unshare", "--pid", "--fork", "--mount-proc"});
  Background recorder(start);
  wait_until("the command", [&] { return scene.exists("running"); });
  const std::string children = read_file(fmt::format("/proc/{0}/task/{0}/children", recorder.pid()));
  // Its shell is no child of the recorder's, and what it leaves goes to the first process there.
  CHECK(run_to_end({.argv = {"nsenter", "--pid", "--mount", "--target", children.substr(0, children.find(' ')), "sh",
                             "-c", "(sleep .5 &)"}})
            .exit_code == 0);
  usleep(100'000);
  scene.create("go");
  CHECK(recorder.wait().exit_code == 0);
  const auto document = read_document(scene);
  for (const auto &process : document.json()["processes"])
    CHECK(process["argv"] != nlohmann::json::array({"sleep", ".5"}));
}

TEST_CASE("Usage that the kernel's total lacks is reported, and the rest is compared with it", "[host]") {
  const Scene scene;
  const auto *const backend = GENERATE("proc", "bpf");
  INFO(backend);
  const auto recorded = [&](const std::string &command) {
    const Finished finished =
        run_to_end(scene.recorder({"--backend", backend, "-i", ".01", "-o", "out.json", "--", "sh", "-c", command}));
    CHECK(finished.exit_code == 0);
    return finished.errors;
  };
  const std::string spin = built("tests/programs/spin") + " truth .2";
  recorded(spin);
  CHECK(read_document(scene).json()["audit"]["unwaited_processes"] == 0);
  CHECK(read_document(scene).json()["audit"]["cpu_accounted"].get<double>() < 1.05);

  // Its parent has ended before it.
  recorded("(sh -c '" + spin + "; : >over' &); " + until_exists("over"));
  const auto document = read_document(scene).json();
  const auto &audit = document["audit"];
  double spin_s = 0;
  for (const auto &process : document["processes"])
    if (process["command"] == "spin") spin_s += process["user"].get<double>() + process["system"].get<double>();
  CHECK(audit["unwaited_processes"].get<int>() >= 1);
  CHECK(spin_s > 0);
  CHECK(audit["unwaited_cpu"].get<double>() >= .99 * spin_s);
  if (audit["cpu_accounted"].is_number()) CHECK(audit["cpu_accounted"].get<double>() < 1.3);
}
