#include "model/process_table.h"

#include <catch2/catch.hpp>

#include "support/task_events.h"

namespace rusage_bpf::process_table_test {
namespace {

// A command named make, after its exec: record 2.
ProcessTable started() {
  ProcessTable table(Baseline::fork);
  table.begin(1000 * ms, events({fork_event(1, 0, 10)}));
  table.apply(events({}, {exec(1, 2, "make", ms, 3)}));
  return table;
}

TEST_CASE("the record of the command starts with the recording and has the usage of the waiting command") {
  ProcessTable table = started();
  CHECK(table.finished().empty());
  table.apply(events({used(exit_event(2, 0), 5 * ms, 7)}));
  const auto finished = table.finished();
  REQUIRE(finished.size() == 1);
  CHECK(finished[0].image->command == "make");
  CHECK(finished[0].pid == 10);
  CHECK(finished[0].ppid == 9);
  CHECK(finished[0].value[RUSAGE_user] == 5 * ms);
  CHECK(finished[0].value[RUSAGE_read_count] == 7);
  CHECK(finished[0].value[RUSAGE_execs] == 1);
  CHECK(finished[0].value[RUSAGE_exits] == 1);
  CHECK(finished[0].exit.code == 0);
  CHECK(table.rest().empty());
}

TEST_CASE("an exec starts a new record of the same process, in whatever order a sample reports the events") {
  ProcessTable table = started();
  table.apply(events({fork_event(3, 2, 11), used(exit_event(4, 9), 9 * ms, 5)}, {exec(3, 4, "cc", 2 * ms, 1)}));
  const auto finished = table.finished();
  REQUIRE(finished.size() == 2);
  CHECK(finished[0].image->command == "make");
  CHECK(finished[0].forked_only);
  CHECK(finished[0].value[RUSAGE_user] == 2 * ms);
  CHECK(finished[0].value[RUSAGE_read_count] == 1);
  CHECK_FALSE(finished[0].exit.code);
  CHECK(finished[1].image->command == "cc");
  CHECK(finished[1].pid == 11);
  CHECK(finished[1].start_ns == finished[0].end_ns);
  CHECK(finished[1].value[RUSAGE_user] == 7 * ms);
  CHECK(finished[1].value[RUSAGE_read_count] == 4);
  CHECK(finished[1].exit.signal == 9);
  CHECK(table.rest().at(0).value[RUSAGE_forks] == 1);
}

TEST_CASE("an exec is kept until a later sample reports the fork of its process") {
  ProcessTable table = started();
  TaskEvents early = events({}, {exec(3, 4, "cc")});
  early.new_tasks = 1;
  table.apply(early);
  CHECK(table.finished().empty());
  table.apply(events({fork_event(3, 2, 11), exit_event(4, 0)}));
  const auto finished = table.finished();
  REQUIRE(finished.size() == 2);
  CHECK(finished[1].image->command == "cc");
}

TEST_CASE("a parent's record is kept until all forks before its end are reported") {
  ProcessTable table = started();
  TaskEvents last = events({exit_event(2, 0)});
  last.new_tasks = 2;
  last.new_tasks_reported = 1;
  table.apply(last);
  CHECK(table.finished().empty());
  TaskEvents later = events({fork_event(3, 2, 11)});
  later.new_tasks = later.new_tasks_reported = 2;
  table.apply(later);
  const auto finished = table.finished();
  REQUIRE(finished.size() == 1);
  CHECK(finished[0].value[RUSAGE_forks] == 1);
  CHECK(table.rest().at(0).image->command == "make");
}

TEST_CASE("execs and exits of a process that is never listed are dropped once all forks are reported") {
  ProcessTable table = started();
  TaskEvents lost = events({used(exit_event(6, 0), 9 * ms, 5)}, {exec(3, 4, "cc")});
  lost.new_tasks = 2;
  lost.new_tasks_reported = 1;
  table.apply(lost);
  TaskEvents all_reported = events({});
  all_reported.new_tasks = all_reported.new_tasks_reported = 2;
  table.apply(all_reported);
  // If they were still pending, they would apply to these.
  table.apply(events({fork_event(3, 2, 11), fork_event(6, 2, 12)}));
  CHECK(table.finished().empty());
  const auto rest = table.rest();
  REQUIRE(rest.size() == 3);
  for (const Process &process : rest) CHECK_FALSE(process.end_ns);
}

TEST_CASE("a process that is listed late counts from its fork, and /proc says what it executes") {
  ProcessTable table = started();
  rusage_task_event late = fork_event(9, 5, 12);  // of a parent that was never listed
  late.flags |= RUSAGE_LATE;
  TaskEvents listed = events({late});
  listed.found[9] = image("cc");
  table.apply(listed);
  table.apply(events({used(exit_event(9, 0), 7 * ms, 4)}));
  const auto finished = table.finished();
  REQUIRE(finished.size() == 1);
  CHECK(finished[0].image->command == "cc");
  CHECK(finished[0].value[RUSAGE_user] == 7 * ms);
  CHECK(finished[0].value[RUSAGE_forks] == 1);
}

TEST_CASE("an unlisted thread can report the exit of its process, but its counters are in no record") {
  ProcessTable table = started();
  table.apply(events({fork_event(3, 2, 11), task_event(RUSAGE_NEW, 3)}));
  rusage_task_event last = used(exit_event(3, 0), 100 * ms, 9);
  last.flags |= RUSAGE_LATE;
  table.apply(events({used(task_event(RUSAGE_GONE, 3), 2 * ms, 1), last}));
  const auto finished = table.finished();
  REQUIRE(finished.size() == 1);
  CHECK(finished[0].value[RUSAGE_user] == 2 * ms);
  CHECK(finished[0].exit.code == 0);
}

TEST_CASE("threads that exit after an exec of their process belong to the record before the exec") {
  ProcessTable table = started();
  table.apply(events({task_event(RUSAGE_NEW, 2)}, {exec(2, 3, "next", 4 * ms, 0)}));
  CHECK(table.finished().empty());
  table.apply(events({used(task_event(RUSAGE_GONE, 2), 3 * ms, 0)}));
  const auto finished = table.finished();
  REQUIRE(finished.size() == 1);
  CHECK(finished[0].value[RUSAGE_user] == 7 * ms);
}

TEST_CASE("an exec after the last sample starts no record") {
  ProcessTable table = started();
  table.apply(events({used(task_event(RUSAGE_LIVE, 2), 6 * ms, 0)}, {exec(2, 3, "next", 7 * ms, 0)}));
  CHECK(table.finished().empty());
  const auto rest = table.rest();
  REQUIRE(rest.size() == 1);
  CHECK(rest[0].image->command == "make");
  CHECK(rest[0].value[RUSAGE_user] == 6 * ms);
  CHECK(rest[0].value[RUSAGE_execs] == 2);
}

TEST_CASE("a peak is known if the kernel reports it since the exec, or if it is above the peak before the exec") {
  ProcessTable table = started();
  Exec next = exec(2, 3, "next");
  next.record.most_rss_so_far = 500;
  rusage_task_event last = exit_event(3, 0, 300);
  SECTION("reported") {}
  SECTION("above the peak before") {
    last.peak_rss = 0;
    last.most_rss_so_far = 900;
  }
  SECTION("hidden by the peak before") {
    last.peak_rss = 0;
    last.most_rss_so_far = 500;
  }
  table.apply(events({last}, {next}));
  const auto finished = table.finished();
  REQUIRE(finished.size() == 2);
  CHECK(finished[0].peak_rss == 500);
  if (last.peak_rss == 300)
    CHECK(finished[1].peak_rss == 300);
  else if (last.most_rss_so_far == 900)
    CHECK(finished[1].peak_rss == 900);
  else
    CHECK_FALSE(finished[1].peak_rss);
}

// The CPU time in the kernel's total of the command, after all records are added.
std::uint64_t total_of(ProcessTable &table) {
  for (const auto &list : {table.finished(), table.rest()})
    for (const Process &process : list) process.account->add(process.value[RUSAGE_user] + process.value[RUSAGE_system]);
  return table.account()->cpu_ns();
}

TEST_CASE("the kernel's total has the usage of reaped processes, also of those that these have reaped") {
  ProcessTable table = started();
  table.apply(events({fork_event(3, 2, 11), fork_event(4, 3, 12), fork_event(5, 3, 13)}));
  rusage_task_event orphan = used(exit_event(5, 0), 16 * ms, 0);
  orphan.flags |= RUSAGE_UNWAITED;
  // Record 3 has exited before its child 4: the order does not matter.
  table.apply(events({used(exit_event(3, 0), 2 * ms, 0), orphan}));
  table.apply(events({used(exit_event(4, 0), 4 * ms, 0)}));
  table.apply(events({used(exit_event(2, 0), 9 * ms, 0)}));
  CHECK(total_of(table) == 15 * ms);
  CHECK(table.unwaited_processes() == 1);
}

TEST_CASE("the kernel's total lacks what an orphan has reaped, and processes that are still live") {
  ProcessTable table = started();
  table.apply(events({fork_event(3, 2, 11), fork_event(4, 3, 12), fork_event(5, 2, 13)}));
  rusage_task_event orphan = used(exit_event(3, 0), 2 * ms, 0);
  orphan.flags |= RUSAGE_UNWAITED;
  table.apply(events({used(exit_event(4, 0), 4 * ms, 0), orphan}));
  table.apply(events({used(exit_event(2, 0), 9 * ms, 0), used(task_event(RUSAGE_LIVE, 5), 32 * ms, 0)}));
  CHECK(total_of(table) == 9 * ms);
  CHECK(table.unwaited_processes() == 2);
}

}  // namespace
}  // namespace rusage_bpf::process_table_test
