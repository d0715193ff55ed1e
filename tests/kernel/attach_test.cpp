// Attaching to a process tree: which tasks belong to it, and that their usage from then on is counted completely.
#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>

#include "document/time.h"
#include "os/clock.h"
#include "support/attached.h"
#include "support/storm.h"

namespace {

using namespace test;
using Words = std::vector<std::string>;

std::string now() {
  return rusage_bpf::iso_8601(rusage_bpf::realtime_ns());
}

void check_nothing_lost(const Document &document) {
  CHECK(document.json()["audit"]["untracked_tasks"] == 0);
  CHECK(document.json()["audit"]["events_lost"] == 0);
}

// Every change in the number of processes must have a fork or an exit in the rows.
void check_forks_and_exits(const Document &document) {
  const std::int64_t first = document.rows().front()["pid_count"];
  const std::int64_t last = document.rows().back()["pid_count"];
  CHECK(document.sum("forks") - document.sum("exits") == last - first);
}

// The rows after the first that are older than `time`.
std::size_t rows_until(const Document &document, const std::string &time) {
  std::size_t count = 0;
  for (const auto &row : document.rows()) count += row["timestamp"].get<std::string>() < time;
  REQUIRE(count > 1);
  return count - 1;
}

std::int64_t sum_from(const Document &document, const std::string &column, std::size_t row) {
  std::int64_t sum = 0;
  for (; row < document.rows().size(); row++) sum += document.rows()[row][column].get<std::int64_t>();
  return sum;
}

void attach_to_storm(const Words &options) {
  const Scene scene;
  constexpr std::uint64_t workers = 3;
  Storm storm({.workers = workers, .cpu_us = 500, .stay_every = 5});
  const workload::Board &board = storm.board();
  storm.pass(20);

  Sampler sampler(board);
  const std::uint64_t least_before = board.done;
  AttachedRecorder recorder(scene, storm.pid(), options);
  const std::uint64_t most_before = board.begun;
  storm.pass(50);
  storm.pause();
  const std::vector<Sample> samples = sampler.finish();
  const std::uint64_t writes_held = board.done;
  const std::uint64_t forks_held = board.forks;
  const std::uint64_t staying = board.staying;
  recorder.pass_row();
  const std::string still_until = now();
  storm.go_on();
  storm.pass(50);
  storm.stop();
  const Document document = recorder.finish("tree");

  check_nothing_lost(document);
  check_forks_and_exits(document);
  // It stood still long enough for this row to have seen all that was done before.
  const std::size_t still = rows_until(document, still_until);
  const auto &row = document.rows()[still];
  CHECK(row["pid_count"] == 1 + workers + staying);
  CHECK(row["thread_count"] == 1 + workers + 2 * staying);
  CHECK(document.rows().back()["pid_count"] == 0);

  const auto writes_after = static_cast<std::int64_t>(board.done - writes_held);
  const std::int64_t writes_so_far = document.sum("write_count") - writes_after;
  CHECK(sum_from(document, "write_count", still + 1) == writes_after);
  CHECK(sum_from(document, "forks", still + 1) == static_cast<std::int64_t>(board.forks - forks_held));
  CHECK(document.sum("write_bytes") ==
        document.sum("write_count") * static_cast<std::int64_t>(workload::Board::write_bytes));
  CHECK(document.sum("execs") == 0);
  CHECK(writes_so_far <= static_cast<std::int64_t>(writes_held - least_before));
  CHECK(writes_so_far >= static_cast<std::int64_t>(writes_held - most_before));
  check_writes_in_each_row(document, samples, static_cast<std::int64_t>(writes_held) - writes_so_far);
}

// The recorder that has made its ring, PID.ring, there; 0 if there is none yet.
pid_t writer_of(const Scene &scene) {
  for (const std::string &name : scene.files())
    if (name.ends_with(".ring")) return std::atoi(name.c_str());
  return 0;
}

int times() {
  const char *given = std::getenv("RUSAGE_TEST_REPEAT");
  if (given) return std::clamp(std::atoi(given), 1, 50);
  return test::clock_is_emulated() ? 1 : 5;
}

}  // namespace

TEST_CASE("an idle tree is found completely, and its past is not counted") {
  const auto [children, threads] = GENERATE(table<int, int>({{0, 0}, {6, 3}}));
  const std::string way = GENERATE("", "--count-at-last-switch", "--gauges-from-proc");
  const Scene scene;
  Listener still(scene, {"still", scene.path("truth"), std::to_string(children), std::to_string(threads)});
  AttachedRecorder recorder(scene, still.pid(), way.empty() ? Words{} : Words{way});
  recorder.pass_row();
  recorder.send(SIGTERM);
  const Document document = recorder.finish("SIGTERM");

  check_nothing_lost(document);
  for (const auto &row : document.rows()) {
    INFO(row.dump());
    CHECK(row["pid_count"] == 1 + children);
    CHECK(row["thread_count"] == 1 + children + threads);
    CHECK(row["rss"] > 0);
    CHECK(row["num_fds"] > 0);
  }
  for (const auto &column : document.json()["columns"]) {
    if (column["kind"] != "counter") continue;
    INFO(column.dump());
    CHECK(document.rows()[0][column["name"].get<std::string>()].is_null());
  }
  for (const char *counter : {"read_count", "write_count", "forks", "execs", "exits"})
    CHECK(document.sum(counter) == 0);
  const auto &meta = document.json()["meta"];
  CHECK(meta["target"] == "pid");
  CHECK(meta["root_pid"] == still.pid());
  CHECK(meta["argv"][0] == built("tests/programs/still"));
  CHECK(meta["exit_code"].is_null());
  CHECK(meta["signal"].is_null());
  CHECK(still.end().exit_code == 0);
}

TEST_CASE("a recorder that attaches during a fork storm misses no process and counts none twice", "[host]") {
  const std::string way = GENERATE("", "--count-at-last-switch");
  for (int time = 0; time < times(); time++) {
    CAPTURE(way, time);
    attach_to_storm(way.empty() ? Words{"-i", ".01"} : Words{"-i", ".01", way});
  }
}

TEST_CASE("a descendant is found with any order of the pids") {
  const Scene scene;
  Listener chain(scene, {"descending", "5"});
  AttachedRecorder recorder(scene, chain.pid());
  CHECK(chain.end().exit_code == 0);
  const Document document = recorder.finish("tree");
  check_forks_and_exits(document);
  CHECK(document.rows()[0]["pid_count"] == 6);
  CHECK(document.sum("exits") == 6);
}

TEST_CASE("threads that start during the attach belong to their process", "[host]") {
  const std::string way = GENERATE("", "--count-at-last-switch");
  for (int time = 0; time < times(); time++) {
    const Scene scene;
    Background threads({.argv = {built("tests/programs/threads"), scene.path("truth"), "4000"}});
    AttachedRecorder recorder(scene, threads.pid(), way.empty() ? Words{} : Words{way});
    CHECK(threads.wait().exit_code == 0);
    const Document document = recorder.finish("tree");
    check_nothing_lost(document);
    for (const auto &row : document.rows()) CHECK(row["pid_count"] <= 1);
    CHECK(document.sum("forks") == 0);
    CHECK(document.sum("exits") == 1);
  }
}

TEST_CASE("orphans made later stay in the tree, and a tree beside it is not counted") {
  const Scene scene("read line <gate; (sh orphan &) ; exit 3");
  scene.create("orphan", "read line <orphans-gate; echo >/dev/null");
  const Gate gate(scene.path("gate"));
  const Gate orphans_gate(scene.path("orphans-gate"));
  Background root({.argv = {"sh", "script"}, .directory = scene.path()});
  Storm beside({});
  AttachedRecorder recorder(scene, root.pid(), {"-i", ".01"});
  beside.pass(clock_is_emulated() ? 10 : 100);
  gate.open();
  CHECK(root.wait().exit_code == 3);
  recorder.pass_row();
  const std::string orphan_alone = now();
  orphans_gate.open();
  const Document document = recorder.finish("tree");

  check_nothing_lost(document);
  check_forks_and_exits(document);
  CHECK(document.rows()[rows_until(document, orphan_alone)]["pid_count"] == 1);
  CHECK(document.rows().back()["pid_count"] == 0);
  CHECK(document.sum("write_count") == 1);
  CHECK(document.sum("write_bytes") == 1);
  CHECK(document.sum("forks") < 5);
}

TEST_CASE("a process whose main thread has exited is recorded, with its threads and children") {
  const std::string way = GENERATE("", "--count-at-last-switch");
  const Scene scene;
  Listener leaderless(scene, {"leaderless"});
  AttachedRecorder recorder(scene, leaderless.pid(), way.empty() ? Words{} : Words{way});
  leaderless.tell();
  wait_until("its work", [&] { return leaderless.output() == "ready\ndone\n"; });
  CHECK(leaderless.end().exit_code == 0);
  const Document document = recorder.finish("tree");

  check_nothing_lost(document);
  check_forks_and_exits(document);
  CHECK(document.rows()[0]["pid_count"] == 1);
  CHECK(document.rows()[0]["thread_count"] == 2);
  CHECK(document.sum("forks") == 1);
  CHECK(document.sum("exits") == 2);
  CHECK(document.sum("write_count") == 3);
  CHECK(document.sum("write_bytes") == 2 * 4096 + 5);
}

TEST_CASE("the recorder does not count itself, nor a sudo that started it") {
  const auto [above, others] = GENERATE(table<std::string, int>(
      {{"", 0}, {"./sudo", 0}, {"./sudo ./sudo", 0}, {"./wrapper", 1}, {"./wrapper ./sudo", 1}}));
  // The script reads and writes a byte once the recording has begun.
  const Scene scene(above +
                    " \"$@\" --pid $$ & read line <gate; echo >/dev/null; : >worked; "
                    "read line <gate");
  const Gate gate(scene.path("gate"));
  for (const char *name : {"sudo", "wrapper"}) {
    scene.create(name, "#!/bin/sh\n\"$@\"\nexit $?\n");
    chmod(scene.path(name).c_str(), 0755);
  }
  Start start = scene.recorder({"-q", "-i", ".01", "-o", "out.json", "--ring", "%p.ring"});
  start.argv.insert(start.argv.begin(), {"sh", "script"});
  Background shell(start);
  pid_t recorder = 0;
  wait_until("the first row", [&] {
    recorder = writer_of(scene);
    return recorder > 0 && is_recording(recorder);
  });
  gate.open();
  wait_until("the shell's work", [&] { return scene.exists("worked"); });
  REQUIRE(kill(recorder, SIGTERM) == 0);
  wait_until("the document", [&] { return scene.exists("out.json"); });
  gate.open();
  CHECK(shell.wait().exit_code == 0);

  const Document document = read_document(scene);
  check_nothing_lost(document);
  for (const auto &row : document.rows()) CHECK(row["pid_count"] == 1 + others);
  CHECK(document.sum("forks") == 0);
  CHECK(document.sum("exits") == 0);
  CHECK(document.sum("read_count") == 1);
  CHECK(document.sum("write_count") == 1);
}

TEST_CASE("in a pid namespace, --pid takes that namespace's pids") {
  const Scene scene("read line <gate & echo $! >pid; \"$@\" --pid $!; status=$?; echo go >gate; exit $status");
  const Gate gate(scene.path("gate"));
  Start start = scene.recorder({"-q", "-d", ".2", "-i", ".01", "-o", "out.json"});
  start.argv.insert(start.argv.begin(), {"sh", "script"});
  start.prepare = [] {
    if (unshare(CLONE_NEWPID | CLONE_NEWNS) != 0) _exit(98);
    const pid_t init = fork();
    if (init > 0) {
      int status = 0;
      waitpid(init, &status, 0);
      _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 97);
    }
    if (init < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 ||
        mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        mount("proc", "/proc", "proc", 0, nullptr) != 0)
      _exit(98);
  };
  const Finished finished = run_to_end(start);
  INFO(finished.errors);
  CHECK(finished.exit_code == 0);
  const Document document = read_document(scene);
  CHECK(document.json()["meta"]["ended_by"] == "duration");
  CHECK(document.json()["meta"]["root_pid"] == std::atoi(scene.text("pid").c_str()));
  CHECK(document.json()["meta"]["root_pid"] < 10);
  for (const auto &row : document.rows()) CHECK(row["pid_count"] == 1);
}
