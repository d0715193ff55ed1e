// The /proc source with a fake /proc, for states that the kernel shows only rarely.
#include "source/proc_source.h"

#include <catch2/catch.hpp>
#include <cstdint>
#include <filesystem>

#include "support/fake_proc.h"

namespace rusage_bpf::proc_source_test {
namespace {

using test::fake_pid;
using test::FakeProc;
using test::FakeProcess;

constexpr pid_t child_pid = fake_pid + 1;
constexpr pid_t grandchild_pid = fake_pid + 2;

// The source of an attached tree with `fake_pid` as its root.
std::unique_ptr<ProcSource> source_of(const FakeProc &proc) {
  auto source = ProcSource::open(selected::Tree{.pid = fake_pid}, {.proc = proc.path()});
  REQUIRE(source);
  REQUIRE((*source)->track());
  return *std::move(source);
}

Sample sample(ProcSource &source, bool reports_live_tasks = false) {
  auto sample = source.sample(reports_live_tasks);
  REQUIRE(sample);
  return *std::move(sample);
}

Snapshot snapshot_of(ProcSource &source) {
  return sample(source).snapshot;
}

TEST_CASE("a tree is found by the lists of children, or by the parents of all processes if there are no lists") {
  const bool has_lists = GENERATE(true, false);
  const FakeProc proc(has_lists);
  proc.put({.pid = fake_pid, .children = {child_pid}});
  // The oldest is not found first.
  proc.put({.pid = child_pid, .parent = fake_pid, .start_ticks = 300, .children = {grandchild_pid}});
  proc.put({.pid = grandchild_pid, .parent = child_pid, .start_ticks = 200});
  proc.put({.pid = fake_pid + 3, .parent = 1});
  const auto source = source_of(proc);
  CHECK(snapshot_of(*source).value[RUSAGE_pid_count] == 3);
  CHECK(snapshot_of(*source).value[RUSAGE_thread_count] == 3);
}

TEST_CASE("excluded processes and their descendants are not in the tree") {
  const FakeProc proc;
  proc.put({.pid = fake_pid, .children = {child_pid}});
  proc.put({.pid = child_pid, .parent = fake_pid, .children = {grandchild_pid}});
  proc.put({.pid = grandchild_pid, .parent = child_pid});
  auto source =
      ProcSource::open(selected::Tree{.pid = fake_pid, .argv = {}, .excluded = {child_pid}}, {.proc = proc.path()});
  REQUIRE(source);
  REQUIRE((*source)->track());
  CHECK(snapshot_of(**source).value[RUSAGE_pid_count] == 1);
}

TEST_CASE("the usage of a child counts once after its parent has reaped it") {
  const FakeProc proc;
  proc.put({.pid = fake_pid, .minor_faults = "100", .calls = "10", .children = {child_pid}});
  proc.put({.pid = child_pid, .parent = fake_pid, .minor_faults = "30", .calls = "5", .switches = 4});
  const auto source = source_of(proc);
  CHECK(snapshot_of(*source).value[RUSAGE_read_count] == 15);

  proc.put({.pid = fake_pid, .minor_faults = "100", .reaped_minor_faults = "33", .calls = "17"});
  proc.remove(child_pid);
  for (int i = 0; i < 3; i++) {
    const Snapshot after = snapshot_of(*source);
    CHECK(after.value[RUSAGE_read_count] == 17);
    CHECK(after.value[RUSAGE_minor_faults] == 133);
    CHECK(after.value[RUSAGE_ctx_switches_voluntary] == 4);
    CHECK(after.value[RUSAGE_pid_count] == 1);
  }
}

TEST_CASE("the polled usage of a child that no process reaps stays in the sums") {
  const FakeProc proc;
  proc.put({.pid = fake_pid, .minor_faults = "100", .calls = "10", .children = {child_pid}});
  proc.put({.pid = child_pid, .parent = fake_pid, .minor_faults = "30", .calls = "5"});
  const auto source = source_of(proc);
  proc.put({.pid = fake_pid, .minor_faults = "100", .calls = "10"});
  proc.remove(child_pid);
  for (int i = 0; i < 4; i++) {
    const Snapshot after = snapshot_of(*source);
    CHECK(after.value[RUSAGE_read_count] == 15);
    CHECK(after.value[RUSAGE_minor_faults] == 130);
  }
}

TEST_CASE("a parent that was polled before it reaped its child gets the child's usage a poll later") {
  const FakeProc proc;
  proc.put({.pid = fake_pid, .calls = "10", .children = {child_pid}});
  proc.put({.pid = child_pid, .parent = fake_pid, .minor_faults = "30", .calls = "5"});
  const auto source = source_of(proc);
  proc.remove(child_pid);
  CHECK(snapshot_of(*source).value[RUSAGE_read_count] == 15);
  proc.put({.pid = fake_pid, .reaped_minor_faults = "30", .calls = "16"});
  for (int i = 0; i < 3; i++) CHECK(snapshot_of(*source).value[RUSAGE_read_count] == 16);
}

TEST_CASE("if the parent is gone too, the process that reaped it has the usage of both") {
  const FakeProc proc;
  proc.put({.pid = fake_pid, .children = {child_pid}});
  proc.put({.pid = child_pid, .parent = fake_pid, .minor_faults = "30", .calls = "5", .children = {grandchild_pid}});
  proc.put({.pid = grandchild_pid, .parent = child_pid, .minor_faults = "20", .calls = "7"});
  const auto source = source_of(proc);
  CHECK(snapshot_of(*source).value[RUSAGE_read_count] == 12);
  proc.put({.pid = fake_pid, .reaped_minor_faults = "51", .calls = "13"});
  proc.remove(child_pid);
  proc.remove(grandchild_pid);
  for (int i = 0; i < 3; i++) CHECK(snapshot_of(*source).value[RUSAGE_read_count] == 13);
}

TEST_CASE("an orphan stays in the tree") {
  const FakeProc proc;
  proc.put({.pid = fake_pid, .children = {child_pid}});
  proc.put({.pid = child_pid, .parent = fake_pid, .minor_faults = "9", .children = {grandchild_pid}});
  proc.put({.pid = grandchild_pid, .parent = child_pid, .calls = "7"});
  const auto source = source_of(proc);
  proc.put({.pid = fake_pid, .reaped_minor_faults = "9"});
  proc.remove(child_pid);
  proc.put({.pid = grandchild_pid, .parent = 1, .calls = "9"});
  const Snapshot after = snapshot_of(*source);
  CHECK(after.value[RUSAGE_pid_count] == 2);
  CHECK(after.value[RUSAGE_read_count] == 9);
}

TEST_CASE("a process with the pid of an earlier one is another process") {
  const FakeProc proc;
  proc.put({.pid = fake_pid, .children = {child_pid}});
  proc.put({.pid = child_pid, .parent = fake_pid, .minor_faults = "9", .calls = "7"});
  const auto source = source_of(proc);
  CHECK(snapshot_of(*source).value[RUSAGE_read_count] == 7);
  proc.remove(child_pid);
  // It is not in the tree: no process there has it as a child.
  proc.put({.pid = child_pid, .parent = 1, .start_ticks = 900, .calls = "1000"});
  proc.put({.pid = fake_pid, .reaped_minor_faults = "9", .calls = "7"});
  const Snapshot after = snapshot_of(*source);
  CHECK(after.value[RUSAGE_read_count] == 7);
  CHECK(after.value[RUSAGE_pid_count] == 1);
}

TEST_CASE("a file that is missing makes its columns unknown and no others") {
  const FakeProc proc;
  proc.put({.calls = {}, .run_delay_ns = {}});
  const auto source = source_of(proc);
  const Snapshot snapshot = snapshot_of(*source);
  for (const auto column : {RUSAGE_read_count, RUSAGE_write_bytes, RUSAGE_disk_read_bytes, RUSAGE_run_delay,
                            RUSAGE_forks, RUSAGE_execs, RUSAGE_exits})
    CHECK_FALSE(snapshot.known[column]);
  for (const auto column :
       {RUSAGE_user, RUSAGE_system, RUSAGE_minor_faults, RUSAGE_rss, RUSAGE_ctx_switches_voluntary, RUSAGE_pid_count})
    CHECK(snapshot.known[column]);
}

TEST_CASE("a process that cannot be read does not make columns of others unknown") {
  const FakeProc proc;
  proc.put({.pid = fake_pid, .calls = "10", .children = {child_pid}});
  proc.put({.pid = child_pid, .parent = fake_pid, .calls = {}, .run_delay_ns = {}});
  const auto source = source_of(proc);
  const Snapshot snapshot = snapshot_of(*source);
  CHECK(snapshot.known[RUSAGE_read_count]);
  CHECK(snapshot.value[RUSAGE_read_count] == 10);
  CHECK(snapshot.value[RUSAGE_pid_count] == 2);
}

TEST_CASE("counters at the end of 64 bits neither wrap nor decrease") {
  const FakeProc proc;
  const std::string maximum = std::to_string(UINT64_MAX);
  proc.put({.minor_faults = maximum, .user_ticks = maximum, .pages = UINT64_MAX, .calls = maximum});
  const auto source = source_of(proc);
  const Snapshot snapshot = snapshot_of(*source);
  CHECK(snapshot.value[RUSAGE_read_count] == UINT64_MAX);
  CHECK(snapshot.value[RUSAGE_minor_faults] == UINT64_MAX);
  CHECK(snapshot.value[RUSAGE_rss] == UINT64_MAX);
  proc.put({.minor_faults = "5", .calls = "5"});
  CHECK(snapshot_of(*source).value[RUSAGE_read_count] == UINT64_MAX);
}

TEST_CASE("names with spaces, brackets and line feeds do not hide counters") {
  const FakeProc proc;
  proc.put({.name = "a) R 1 (b\nc d", .minor_faults = "11"});
  CHECK(snapshot_of(*source_of(proc)).value[RUSAGE_minor_faults] == 11);
}

TEST_CASE("a tree without processes is empty, and its counters stay") {
  const FakeProc proc;
  proc.put({.minor_faults = "11", .calls = "3"});
  const auto source = source_of(proc);
  proc.remove(fake_pid);
  const Snapshot snapshot = snapshot_of(*source);
  CHECK(snapshot.value[RUSAGE_pid_count] == 0);
  CHECK(snapshot.known[RUSAGE_pid_count]);
  CHECK(snapshot.value[RUSAGE_rss] == 0);
  CHECK(snapshot.value[RUSAGE_read_count] == 3);
}

TEST_CASE("a zombie is not live, and its counters count") {
  const FakeProc proc;
  proc.put({.pid = fake_pid, .children = {child_pid}});
  proc.put({.pid = child_pid, .parent = fake_pid, .state = 'Z', .calls = "3"});
  const auto source = source_of(proc);
  const Snapshot snapshot = snapshot_of(*source);
  CHECK(snapshot.value[RUSAGE_pid_count] == 1);
  CHECK(snapshot.value[RUSAGE_read_count] == 3);
}

TEST_CASE("pids that were used but not found by a poll are missed tasks") {
  const FakeProc proc;
  proc.put({});
  const auto source = source_of(proc);
  CHECK(source->missed_events().tasks == 0);
  proc.newest_pid(540);
  snapshot_of(*source);
  CHECK(source->missed_events().tasks == 40);
  // A child that was found is not one of them.
  proc.newest_pid(541);
  proc.put({.pid = fake_pid, .children = {child_pid}});
  proc.put({.pid = child_pid, .parent = fake_pid});
  snapshot_of(*source);
  CHECK(source->missed_events().tasks == 40);
  // From 541 to 1000, and then from 300.
  proc.newest_pid(310);
  snapshot_of(*source);
  CHECK(source->missed_events().tasks == 40 + 459 + 10);
}

TEST_CASE("the own usage of all processes adds up to the sum") {
  const FakeProc proc;
  proc.put({.pid = fake_pid, .calls = "10", .children = {child_pid}});
  proc.put({.pid = child_pid, .parent = fake_pid, .minor_faults = "30", .calls = "5"});
  const auto source = source_of(proc);
  snapshot_of(*source);
  proc.put({.pid = fake_pid, .reaped_minor_faults = "40", .calls = "22"});
  proc.remove(child_pid);
  const Sample last = sample(*source, true);
  std::uint64_t calls = 0;
  for (const rusage_task_event &event : last.events.tasks) {
    if (event.kind == RUSAGE_GONE) CHECK(event.reading.read_count == 5);
    if (event.kind != RUSAGE_NEW) calls += event.reading.read_count;
  }
  CHECK(calls == 22);
}

TEST_CASE("CPU time of children that no poll found is marked in their parent's, and no other") {
  const FakeProc proc;
  proc.put({.pid = fake_pid, .user_ticks = "10", .children = {child_pid}});
  proc.put({.pid = child_pid, .parent = fake_pid, .minor_faults = "30", .user_ticks = "5"});
  const auto source = source_of(proc);
  snapshot_of(*source);
  // Another child with 7 ticks started and exited.
  proc.put({.pid = fake_pid, .reaped_minor_faults = "60", .user_ticks = "10", .reaped_user_ticks = "12"});
  proc.remove(child_pid);
  const TaskEvents events = sample(*source, true).events;
  for (const rusage_task_event &event : events.tasks)
    if (event.kind == RUSAGE_LIVE) CHECK(events.children_cpu_ns.at(event.span) == 70'000'000);
}

TEST_CASE("a /proc of another pid namespace is refused") {
  const FakeProc proc;
  std::filesystem::remove(proc.path() + "/self");
  std::filesystem::create_symlink("1", proc.path() + "/self");
  CHECK_FALSE(ProcSource::open(selected::Tree{.pid = fake_pid}, {.proc = proc.path()}));
}

}  // namespace
}  // namespace rusage_bpf::proc_source_test
