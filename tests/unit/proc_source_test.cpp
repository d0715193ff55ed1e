// The /proc source on a /proc of our own: what the kernel would show once in a thousand runs.
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

// The source of a tree with `fake_pid` at its top, which runs already.
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

Snapshot look(ProcSource &source) {
  return sample(source).snapshot;
}

TEST_CASE("a tree is found by the lists of children, or where there are none by everybody's parent") {
  const bool has_lists = GENERATE(true, false);
  const FakeProc proc(has_lists);
  proc.put({.pid = fake_pid, .children = {child_pid}});
  // The eldest is not the first that is found.
  proc.put({.pid = child_pid, .parent = fake_pid, .start_ticks = 300, .children = {grandchild_pid}});
  proc.put({.pid = grandchild_pid, .parent = child_pid, .start_ticks = 200});
  proc.put({.pid = fake_pid + 3, .parent = 1});
  const auto source = source_of(proc);
  CHECK(look(*source).value[RUSAGE_pid_count] == 3);
  CHECK(look(*source).value[RUSAGE_thread_count] == 3);
}

TEST_CASE("those who are left out are not of the tree, nor what they start") {
  const FakeProc proc;
  proc.put({.pid = fake_pid, .children = {child_pid}});
  proc.put({.pid = child_pid, .parent = fake_pid, .children = {grandchild_pid}});
  proc.put({.pid = grandchild_pid, .parent = child_pid});
  auto source =
      ProcSource::open(selected::Tree{.pid = fake_pid, .argv = {}, .excluded = {child_pid}}, {.proc = proc.path()});
  REQUIRE(source);
  REQUIRE((*source)->track());
  CHECK(look(**source).value[RUSAGE_pid_count] == 1);
}

TEST_CASE("what a child has used goes to the parent that has waited for it, once") {
  const FakeProc proc;
  proc.put({.pid = fake_pid, .minor_faults = "100", .calls = "10", .children = {child_pid}});
  proc.put({.pid = child_pid, .parent = fake_pid, .minor_faults = "30", .calls = "5", .switches = 4});
  const auto source = source_of(proc);
  CHECK(look(*source).value[RUSAGE_read_count] == 15);

  proc.put({.pid = fake_pid, .minor_faults = "100", .reaped_minor_faults = "33", .calls = "17"});
  proc.remove(child_pid);
  for (int i = 0; i < 3; i++) {
    const Snapshot after = look(*source);
    CHECK(after.value[RUSAGE_read_count] == 17);
    CHECK(after.value[RUSAGE_minor_faults] == 133);
    CHECK(after.value[RUSAGE_ctx_switches_voluntary] == 4);
    CHECK(after.value[RUSAGE_pid_count] == 1);
  }
}

TEST_CASE("what was seen of a child that nobody has waited for stays in the sums") {
  const FakeProc proc;
  proc.put({.pid = fake_pid, .minor_faults = "100", .calls = "10", .children = {child_pid}});
  proc.put({.pid = child_pid, .parent = fake_pid, .minor_faults = "30", .calls = "5"});
  const auto source = source_of(proc);
  proc.put({.pid = fake_pid, .minor_faults = "100", .calls = "10"});
  proc.remove(child_pid);
  for (int i = 0; i < 4; i++) {
    const Snapshot after = look(*source);
    CHECK(after.value[RUSAGE_read_count] == 15);
    CHECK(after.value[RUSAGE_minor_faults] == 130);
  }
}

TEST_CASE("a parent that was read before it waited for its child gets the child's figures a look later") {
  const FakeProc proc;
  proc.put({.pid = fake_pid, .calls = "10", .children = {child_pid}});
  proc.put({.pid = child_pid, .parent = fake_pid, .minor_faults = "30", .calls = "5"});
  const auto source = source_of(proc);
  proc.remove(child_pid);
  CHECK(look(*source).value[RUSAGE_read_count] == 15);
  proc.put({.pid = fake_pid, .reaped_minor_faults = "30", .calls = "16"});
  for (int i = 0; i < 3; i++) CHECK(look(*source).value[RUSAGE_read_count] == 16);
}

TEST_CASE("where a parent is gone as well, whoever has waited for it has the figures of both") {
  const FakeProc proc;
  proc.put({.pid = fake_pid, .children = {child_pid}});
  proc.put({.pid = child_pid, .parent = fake_pid, .minor_faults = "30", .calls = "5", .children = {grandchild_pid}});
  proc.put({.pid = grandchild_pid, .parent = child_pid, .minor_faults = "20", .calls = "7"});
  const auto source = source_of(proc);
  CHECK(look(*source).value[RUSAGE_read_count] == 12);
  proc.put({.pid = fake_pid, .reaped_minor_faults = "51", .calls = "13"});
  proc.remove(child_pid);
  proc.remove(grandchild_pid);
  for (int i = 0; i < 3; i++) CHECK(look(*source).value[RUSAGE_read_count] == 13);
}

TEST_CASE("an orphan stays in the tree, whoever its parent is now") {
  const FakeProc proc;
  proc.put({.pid = fake_pid, .children = {child_pid}});
  proc.put({.pid = child_pid, .parent = fake_pid, .minor_faults = "9", .children = {grandchild_pid}});
  proc.put({.pid = grandchild_pid, .parent = child_pid, .calls = "7"});
  const auto source = source_of(proc);
  proc.put({.pid = fake_pid, .reaped_minor_faults = "9"});
  proc.remove(child_pid);
  proc.put({.pid = grandchild_pid, .parent = 1, .calls = "9"});
  const Snapshot after = look(*source);
  CHECK(after.value[RUSAGE_pid_count] == 2);
  CHECK(after.value[RUSAGE_read_count] == 9);
}

TEST_CASE("a number that another process has now is another process") {
  const FakeProc proc;
  proc.put({.pid = fake_pid, .children = {child_pid}});
  proc.put({.pid = child_pid, .parent = fake_pid, .minor_faults = "9", .calls = "7"});
  const auto source = source_of(proc);
  CHECK(look(*source).value[RUSAGE_read_count] == 7);
  proc.remove(child_pid);
  // Not ours: nobody in the tree has it for a child.
  proc.put({.pid = child_pid, .parent = 1, .start_ticks = 900, .calls = "1000"});
  proc.put({.pid = fake_pid, .reaped_minor_faults = "9", .calls = "7"});
  const Snapshot after = look(*source);
  CHECK(after.value[RUSAGE_read_count] == 7);
  CHECK(after.value[RUSAGE_pid_count] == 1);
}

TEST_CASE("a file that is missing makes its columns unknown and no others") {
  const FakeProc proc;
  proc.put({.calls = {}, .run_delay_ns = {}});
  const auto source = source_of(proc);
  const Snapshot snapshot = look(*source);
  for (const auto column : {RUSAGE_read_count, RUSAGE_write_bytes, RUSAGE_disk_read_bytes, RUSAGE_run_delay,
                            RUSAGE_forks, RUSAGE_execs, RUSAGE_exits})
    CHECK_FALSE(snapshot.known[column]);
  for (const auto column :
       {RUSAGE_user, RUSAGE_system, RUSAGE_minor_faults, RUSAGE_rss, RUSAGE_ctx_switches_voluntary, RUSAGE_pid_count})
    CHECK(snapshot.known[column]);
}

TEST_CASE("one process that cannot be read empties no column of the others") {
  const FakeProc proc;
  proc.put({.pid = fake_pid, .calls = "10", .children = {child_pid}});
  proc.put({.pid = child_pid, .parent = fake_pid, .calls = {}, .run_delay_ns = {}});
  const auto source = source_of(proc);
  const Snapshot snapshot = look(*source);
  CHECK(snapshot.known[RUSAGE_read_count]);
  CHECK(snapshot.value[RUSAGE_read_count] == 10);
  CHECK(snapshot.value[RUSAGE_pid_count] == 2);
}

TEST_CASE("figures at the end of 64 bits neither wrap nor go back") {
  const FakeProc proc;
  const std::string most = std::to_string(UINT64_MAX);
  proc.put({.minor_faults = most, .user_ticks = most, .pages = UINT64_MAX, .calls = most});
  const auto source = source_of(proc);
  const Snapshot snapshot = look(*source);
  CHECK(snapshot.value[RUSAGE_read_count] == UINT64_MAX);
  CHECK(snapshot.value[RUSAGE_minor_faults] == UINT64_MAX);
  CHECK(snapshot.value[RUSAGE_rss] == UINT64_MAX);
  proc.put({.minor_faults = "5", .calls = "5"});
  CHECK(look(*source).value[RUSAGE_read_count] == UINT64_MAX);
}

TEST_CASE("names with spaces, brackets and line feeds hide nothing") {
  const FakeProc proc;
  proc.put({.name = "a) R 1 (b\nc d", .minor_faults = "11"});
  CHECK(look(*source_of(proc)).value[RUSAGE_minor_faults] == 11);
}

TEST_CASE("a tree whose last process is gone is empty, and its figures stay") {
  const FakeProc proc;
  proc.put({.minor_faults = "11", .calls = "3"});
  const auto source = source_of(proc);
  proc.remove(fake_pid);
  const Snapshot snapshot = look(*source);
  CHECK(snapshot.value[RUSAGE_pid_count] == 0);
  CHECK(snapshot.known[RUSAGE_pid_count]);
  CHECK(snapshot.value[RUSAGE_rss] == 0);
  CHECK(snapshot.value[RUSAGE_read_count] == 3);
}

TEST_CASE("a zombie is over, and its figures count") {
  const FakeProc proc;
  proc.put({.pid = fake_pid, .children = {child_pid}});
  proc.put({.pid = child_pid, .parent = fake_pid, .state = 'Z', .calls = "3"});
  const auto source = source_of(proc);
  const Snapshot snapshot = look(*source);
  CHECK(snapshot.value[RUSAGE_pid_count] == 1);
  CHECK(snapshot.value[RUSAGE_read_count] == 3);
}

TEST_CASE("numbers that were given and not seen are tasks that may have come and gone") {
  const FakeProc proc;
  proc.put({});
  const auto source = source_of(proc);
  CHECK(source->missed_events().tasks == 0);
  proc.newest_pid(540);
  look(*source);
  CHECK(source->missed_events().tasks == 40);
  // A child that was seen is none of them.
  proc.newest_pid(541);
  proc.put({.pid = fake_pid, .children = {child_pid}});
  proc.put({.pid = child_pid, .parent = fake_pid});
  look(*source);
  CHECK(source->missed_events().tasks == 40);
  // From 541 to 1000, and again from 300 on.
  proc.newest_pid(310);
  look(*source);
  CHECK(source->missed_events().tasks == 40 + 459 + 10);
}

TEST_CASE("what each process has used of its own adds up to what all have used") {
  const FakeProc proc;
  proc.put({.pid = fake_pid, .calls = "10", .children = {child_pid}});
  proc.put({.pid = child_pid, .parent = fake_pid, .minor_faults = "30", .calls = "5"});
  const auto source = source_of(proc);
  look(*source);
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

TEST_CASE("CPU time of children that were never seen is marked in their parent's, and no other is") {
  const FakeProc proc;
  proc.put({.pid = fake_pid, .user_ticks = "10", .children = {child_pid}});
  proc.put({.pid = child_pid, .parent = fake_pid, .minor_faults = "30", .user_ticks = "5"});
  const auto source = source_of(proc);
  look(*source);
  // Another one, of 7 ticks, came and went.
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
