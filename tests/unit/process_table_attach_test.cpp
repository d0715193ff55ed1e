#include <catch2/catch.hpp>

#include "model/commands.h"
#include "model/process_table.h"
#include "support/task_events.h"

namespace rusage_bpf::process_table_attach_test {
namespace {

TEST_CASE("a process that leaves the cgroup and comes back has one record, unless it executed something else") {
  const bool same = GENERATE(true, false);
  ProcessTable table(Baseline::first_sample);
  const auto join = [](std::uint64_t record, const std::string &name, std::uint64_t used_ns) {
    rusage_task_event event = used(fork_event(record, 0, 10), used_ns, 0);
    event.flags |= RUSAGE_MOVED;
    event.start_ns = 5 * ms;
    TaskEvents all = events({event});
    all.found[record] = image(name);
    return all;
  };
  const auto leave = [](std::uint64_t record, std::uint64_t used_ns) {
    rusage_task_event event = used(exit_event(record, 0), used_ns, 0);
    event.flags = RUSAGE_PROCESS | RUSAGE_MOVED;
    event.end_ns = 0;
    return events({event});
  };
  table.begin(1000 * ms, events({}));
  table.apply(join(1, "cc", 100 * ms));
  table.apply(leave(1, 103 * ms));
  CHECK(table.finished().empty());
  table.apply(join(2, same ? "cc" : "ld", 200 * ms));
  TaskEvents both = leave(2, 205 * ms);
  if (same) {  // it leaves and joins again between two samples
    const TaskEvents again = join(3, "cc", 300 * ms);
    both.tasks.push_back(again.tasks[0]);
    both.tasks.push_back(leave(3, 301 * ms).tasks[0]);
    both.found = again.found;
  }
  table.apply(both);
  const auto finished = table.finished();
  const auto rest = table.rest();
  REQUIRE(finished.size() == (same ? 0 : 1));
  REQUIRE(rest.size() == 1);
  CHECK(rest[0].value[RUSAGE_user] == (same ? 8 + 1 : 5) * ms);
  CHECK(rest[0].end_ns);
  CHECK(rest[0].value[RUSAGE_exits] == 0);
}

TEST_CASE("a process that comes back is compared by the kernel's number of its last exec, or else by its arguments") {
  struct Return {
    std::uint64_t exec_id_before, exec_id_now;
    std::vector<std::string> argv_now;
    bool same;
  };
  const auto back = GENERATE(values<Return>({
      {7, 7, {"cc: busy"}, true},   // it wrote a title over its arguments
      {7, 7, {}, true},             // a zombie has none
      {7, 8, {"cc", "-x"}, false},  // it executed the same program again
      {0, 0, {}, true},
      {0, 0, {"cc", "-y"}, false},
  }));
  ProcessTable table(Baseline::first_sample);
  rusage_task_event join = fork_event(1, 0, 10);
  join.flags |= RUSAGE_MOVED;
  join.exec_id = back.exec_id_before;
  TaskEvents first = events({join});
  first.found[1] = image("cc");
  rusage_task_event leave = exit_event(1, 0);
  leave.flags = RUSAGE_PROCESS | RUSAGE_MOVED;
  first.tasks.push_back(leave);
  table.begin(1000 * ms, events({}));
  table.apply(first);
  join.span = 2;
  join.exec_id = back.exec_id_now;
  TaskEvents second = events({join});
  second.found[2] = std::make_shared<const Image>(Image{"cc", back.argv_now});
  table.apply(second);
  const auto rest = table.rest();
  CHECK(rest.size() == (back.same ? 1 : 2));
  CHECK(rest[0].image->argv == image("cc")->argv);
}

TEST_CASE("a process that was already running counts from the first sample, and starts before the recording") {
  ProcessTable table(Baseline::first_sample);
  TaskEvents first = events(
      {fork_event(1, 0, 10), fork_event(2, 0, 20), exit_event(2, 0), used(task_event(RUSAGE_LIVE, 1), 100 * ms, 50)});
  first.found[1] = image("server");
  table.begin(2000 * ms, first);
  CHECK(table.finished().empty());
  table.apply(events({used(task_event(RUSAGE_LIVE, 1), 130 * ms, 58)}));
  const auto rest = table.rest();
  REQUIRE(rest.size() == 1);
  CHECK(rest[0].image->command == "server");
  CHECK(rest[0].start_ns < 0);
  CHECK_FALSE(rest[0].end_ns);
  CHECK(rest[0].value[RUSAGE_user] == 30 * ms);
  CHECK(rest[0].value[RUSAGE_read_count] == 8);
}

// A process that is running when the recording starts, with this peak so far.
ProcessTable attached(std::uint64_t peak_rss) {
  ProcessTable table(Baseline::first_sample);
  rusage_task_event live = task_event(RUSAGE_LIVE, 1);
  live.peak_rss = peak_rss;
  table.begin(1000 * ms, events({fork_event(1, 0, 10), live}));
  return table;
}

TEST_CASE("the peak of an attached process is marked unless it is above the peak before the recording") {
  const auto [peak, predates] = GENERATE(table<std::uint64_t, bool>({{508, true}, {509, false}}));
  ProcessTable table = attached(508);
  table.apply(events({exit_event(1, 0, peak)}));
  const auto finished = table.finished();
  REQUIRE(finished.size() == 1);
  CHECK(finished[0].peak_rss == peak);
  CHECK(finished[0].peak_rss_predates == predates);
  Commands commands;
  commands.add(finished[0]);
  CHECK(commands.by_cpu()[0].peak_rss.has_value() == !predates);
}

TEST_CASE("a program executed in the recording has its own peak, a fork before its exec has not") {
  ProcessTable table = attached(508);
  Exec executes = exec(2, 3, "cc");
  executes.record.most_rss_so_far = 508;
  table.apply(events({fork_event(2, 1, 11), exit_event(3, 0, 100)}, {executes}));
  const auto finished = table.finished();
  REQUIRE(finished.size() == 2);
  CHECK(finished[0].peak_rss_predates);
  CHECK(finished[1].peak_rss == 100);
  CHECK_FALSE(finished[1].peak_rss_predates);
}

TEST_CASE("children's CPU time counts from the start of the record or of the recording") {
  ProcessTable table = attached(0);
  const auto apply = [&](std::uint64_t record, std::uint64_t cpu_ns, std::vector<Exec> execs = {}) {
    TaskEvents more = events({}, std::move(execs));
    more.children_cpu_ns[record] = cpu_ns;
    table.apply(more);
  };
  apply(1, 5 * ms);
  Exec executes = exec(1, 2, "cc", 90 * ms);
  executes.children_cpu_ns = 8 * ms;
  apply(2, 20 * ms, {executes});
  table.apply(events({used(exit_event(2, 0), 190 * ms, 0)}));
  const auto finished = table.finished();
  REQUIRE(finished.size() == 2);
  CHECK(finished[0].children_cpu_ns == 8 * ms);
  CHECK(finished[1].children_cpu_ns == 12 * ms);
}

}  // namespace
}  // namespace rusage_bpf::process_table_attach_test
