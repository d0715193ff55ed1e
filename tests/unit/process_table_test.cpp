#include "model/process_table.h"

#include <catch2/catch.hpp>

#include "model/commands.h"
#include "model/process_sums.h"

namespace rusage_bpf::process_table_test {
namespace {

constexpr std::uint64_t ms = 1'000'000;

std::shared_ptr<const Image> image(const std::string &command) {
  return std::make_shared<const Image>(Image{command, {command, "-x"}});
}

rusage_task_event event(rusage_task_event_kind kind, std::uint64_t span, unsigned flags = 0) {
  rusage_task_event event{};
  event.kind = kind;
  event.span = span;
  event.flags = flags;
  return event;
}

rusage_task_event birth(std::uint64_t span, std::uint64_t parent, int pid) {
  rusage_task_event born = event(RUSAGE_NEW, span, RUSAGE_PROCESS);
  born.parent_span = parent;
  born.pid = static_cast<std::uint32_t>(pid);
  born.parent_pid = static_cast<std::uint32_t>(pid - 1);
  born.start_ns = 1000 * ms + span * ms;
  return born;
}

rusage_task_event used(rusage_task_event event, std::uint64_t run_ns, std::uint64_t reads) {
  event.reading.cpu.run = run_ns;
  event.reading.read_count = reads;
  return event;
}

// Of the process's last task.
rusage_task_event end(std::uint64_t span, int status, std::uint64_t peak_rss = 0) {
  rusage_task_event gone = event(RUSAGE_GONE, span, RUSAGE_PROCESS | RUSAGE_STATUS);
  gone.process_span = span;
  gone.status = static_cast<std::uint64_t>(status);
  gone.end_ns = 1000 * ms + 50 * ms;
  gone.peak_rss = peak_rss;
  return gone;
}

Exec exec(std::uint64_t old_span, std::uint64_t new_span, const std::string &command, std::uint64_t run_ns = 0,
          std::uint64_t reads = 0) {
  Exec exec{.record = {}, .image = image(command)};
  exec.record.old_span = old_span;
  exec.record.new_span = new_span;
  exec.record.time_ns = 1000 * ms + 20 * ms;
  exec.record.reading.cpu.run = run_ns;
  exec.record.reading.read_count = reads;
  return exec;
}

TaskEvents events(std::vector<rusage_task_event> tasks, std::vector<Exec> execs = {}) {
  TaskEvents events;
  events.tasks = std::move(tasks);
  events.execs = std::move(execs);
  events.monotonic_ns = 1000 * ms + 99 * ms;
  return events;
}

// A command that is span 2 by now, named make.
ProcessTable started() {
  ProcessTable table(Baseline::fork);
  table.begin(1000 * ms, events({birth(1, 0, 10)}));
  table.take(events({}, {exec(1, 2, "make", ms, 3)}));
  return table;
}

TEST_CASE("the command begins with the recording, and what it did while it waited is its own") {
  ProcessTable table = started();
  CHECK(table.finished().empty());
  table.take(events({used(end(2, 0), 5 * ms, 7)}));
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

TEST_CASE("an exec makes a new span of the same process, told in whatever order within a look") {
  ProcessTable table = started();
  table.take(events({birth(3, 2, 11), used(end(4, 9), 9 * ms, 5)}, {exec(3, 4, "cc", 2 * ms, 1)}));
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

TEST_CASE("an exec of a process whose birth is told by a later look waits for it") {
  ProcessTable table = started();
  TaskEvents early = events({}, {exec(3, 4, "cc")});
  early.new_tasks = 1;
  table.take(early);
  CHECK(table.finished().empty());
  table.take(events({birth(3, 2, 11), end(4, 0)}));
  const auto finished = table.finished();
  REQUIRE(finished.size() == 2);
  CHECK(finished[1].image->command == "cc");
}

TEST_CASE("a parent that is over is kept until none of its children can still be told") {
  ProcessTable table = started();
  TaskEvents last = events({end(2, 0)});
  last.new_tasks = 2;
  last.new_tasks_reported = 1;
  table.take(last);
  CHECK(table.finished().empty());
  TaskEvents later = events({birth(3, 2, 11)});
  later.new_tasks = later.new_tasks_reported = 2;
  table.take(later);
  const auto finished = table.finished();
  REQUIRE(finished.size() == 1);
  CHECK(finished[0].value[RUSAGE_forks] == 1);
  CHECK(table.rest().at(0).image->command == "make");
}

TEST_CASE("a process that leaves the cgroup and comes back is one, unless it is another by then") {
  const bool same = GENERATE(true, false);
  ProcessTable table(Baseline::first_sample);
  const auto comes = [](std::uint64_t span, const std::string &name, std::uint64_t used_ns) {
    rusage_task_event born = used(birth(span, 0, 10), used_ns, 0);
    born.flags |= RUSAGE_MOVED;
    born.start_ns = 5 * ms;
    TaskEvents all = events({born});
    all.found[span] = image(name);
    return all;
  };
  const auto goes = [](std::uint64_t span, std::uint64_t used_ns) {
    rusage_task_event gone = used(end(span, 0), used_ns, 0);
    gone.flags = RUSAGE_PROCESS | RUSAGE_MOVED;
    gone.end_ns = 0;
    return events({gone});
  };
  table.begin(1000 * ms, events({}));
  table.take(comes(1, "cc", 100 * ms));
  table.take(goes(1, 103 * ms));
  CHECK(table.finished().empty());
  table.take(comes(2, same ? "cc" : "ld", 200 * ms));
  TaskEvents both = goes(2, 205 * ms);
  if (same) {  // away and back in between
    const TaskEvents again = comes(3, "cc", 300 * ms);
    both.tasks.push_back(again.tasks[0]);
    both.tasks.push_back(goes(3, 301 * ms).tasks[0]);
    both.found = again.found;
  }
  table.take(both);
  const auto finished = table.finished();
  const auto rest = table.rest();
  REQUIRE(finished.size() == (same ? 0 : 1));
  REQUIRE(rest.size() == 1);
  CHECK(rest[0].value[RUSAGE_user] == (same ? 8 + 1 : 5) * ms);
  CHECK(rest[0].end_ns);
  CHECK(rest[0].value[RUSAGE_exits] == 0);
}

TEST_CASE(
    "a process that comes back is told by the kernel's number of its last exec, else by its "
    "program") {
  struct Return {
    std::uint64_t exec_id_before, exec_id_now;
    std::vector<std::string> argv_now;
    bool same;
  };
  const auto back = GENERATE(values<Return>({
      {7, 7, {"cc: busy"}, true},   // it wrote a title over its arguments
      {7, 7, {}, true},             // a zombie has none
      {7, 8, {"cc", "-x"}, false},  // it executed the same again
      {0, 0, {}, true},
      {0, 0, {"cc", "-y"}, false},
  }));
  ProcessTable table(Baseline::first_sample);
  rusage_task_event comes = birth(1, 0, 10);
  comes.flags |= RUSAGE_MOVED;
  comes.exec_id = back.exec_id_before;
  TaskEvents first = events({comes});
  first.found[1] = image("cc");
  rusage_task_event goes = end(1, 0);
  goes.flags = RUSAGE_PROCESS | RUSAGE_MOVED;
  first.tasks.push_back(goes);
  table.begin(1000 * ms, events({}));
  table.take(first);
  comes.span = 2;
  comes.exec_id = back.exec_id_now;
  TaskEvents second = events({comes});
  second.found[2] = std::make_shared<const Image>(Image{"cc", back.argv_now});
  table.take(second);
  const auto rest = table.rest();
  CHECK(rest.size() == (back.same ? 1 : 2));
  CHECK(rest[0].image->argv == image("cc")->argv);
}

TEST_CASE("execs and ends of what is never listed are forgotten once all is told") {
  ProcessTable table = started();
  TaskEvents lost = events({used(end(6, 0), 9 * ms, 5)}, {exec(3, 4, "cc")});
  lost.new_tasks = 2;
  lost.new_tasks_reported = 1;
  table.take(lost);
  TaskEvents all_told = events({});
  all_told.new_tasks = all_told.new_tasks_reported = 2;
  table.take(all_told);
  // Else these would find what they wait for.
  table.take(events({birth(3, 2, 11), birth(6, 2, 12)}));
  CHECK(table.finished().empty());
  const auto rest = table.rest();
  REQUIRE(rest.size() == 3);
  for (const Process &process : rest) CHECK_FALSE(process.end_ns);
}

TEST_CASE("a process that is listed late counts from its birth, and is what /proc says") {
  ProcessTable table = started();
  rusage_task_event late = birth(9, 5, 12);  // of a parent that was never listed
  late.flags |= RUSAGE_LATE;
  TaskEvents listed = events({late});
  listed.found[9] = image("cc");
  table.take(listed);
  table.take(events({used(end(9, 0), 7 * ms, 4)}));
  const auto finished = table.finished();
  REQUIRE(finished.size() == 1);
  CHECK(finished[0].image->command == "cc");
  CHECK(finished[0].value[RUSAGE_user] == 7 * ms);
  CHECK(finished[0].value[RUSAGE_forks] == 1);
}

TEST_CASE("the end of a process is told by a thread that is not listed, whose figures are nobody's") {
  ProcessTable table = started();
  table.take(events({birth(3, 2, 11), event(RUSAGE_NEW, 3)}));
  rusage_task_event last = used(end(3, 0), 100 * ms, 9);
  last.flags |= RUSAGE_LATE;
  table.take(events({used(event(RUSAGE_GONE, 3), 2 * ms, 1), last}));
  const auto finished = table.finished();
  REQUIRE(finished.size() == 1);
  CHECK(finished[0].value[RUSAGE_user] == 2 * ms);
  CHECK(finished[0].exit.code == 0);
}

TEST_CASE("threads that end after an exec of their process belong to the span before it") {
  ProcessTable table = started();
  table.take(events({event(RUSAGE_NEW, 2)}, {exec(2, 3, "next", 4 * ms, 0)}));
  CHECK(table.finished().empty());
  table.take(events({used(event(RUSAGE_GONE, 2), 3 * ms, 0)}));
  const auto finished = table.finished();
  REQUIRE(finished.size() == 1);
  CHECK(finished[0].value[RUSAGE_user] == 7 * ms);
}

TEST_CASE("what ran already counts from the first look, and began before the recording") {
  ProcessTable table(Baseline::first_sample);
  TaskEvents first = events({birth(1, 0, 10), birth(2, 0, 20), end(2, 0), used(event(RUSAGE_LIVE, 1), 100 * ms, 50)});
  first.found[1] = image("server");
  table.begin(2000 * ms, first);
  CHECK(table.finished().empty());
  table.take(events({used(event(RUSAGE_LIVE, 1), 130 * ms, 58)}));
  const auto rest = table.rest();
  REQUIRE(rest.size() == 1);
  CHECK(rest[0].image->command == "server");
  CHECK(rest[0].start_ns < 0);
  CHECK_FALSE(rest[0].end_ns);
  CHECK(rest[0].value[RUSAGE_user] == 30 * ms);
  CHECK(rest[0].value[RUSAGE_read_count] == 8);
}

TEST_CASE("an exec that came after the look that told the process to live is no span yet") {
  ProcessTable table = started();
  table.take(events({used(event(RUSAGE_LIVE, 2), 6 * ms, 0)}, {exec(2, 3, "next", 7 * ms, 0)}));
  CHECK(table.finished().empty());
  const auto rest = table.rest();
  REQUIRE(rest.size() == 1);
  CHECK(rest[0].image->command == "make");
  CHECK(rest[0].value[RUSAGE_user] == 6 * ms);
  CHECK(rest[0].value[RUSAGE_execs] == 2);
}

TEST_CASE("a peak is known where the kernel told it of the span itself, or it is above all before") {
  ProcessTable table = started();
  Exec next = exec(2, 3, "next");
  next.record.most_rss_so_far = 500;
  rusage_task_event last = end(3, 0, 300);
  SECTION("told") {}
  SECTION("above") {
    last.peak_rss = 0;
    last.most_rss_so_far = 900;
  }
  SECTION("hidden") {
    last.peak_rss = 0;
    last.most_rss_so_far = 500;
  }
  table.take(events({last}, {next}));
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

TEST_CASE("processes take no more than the rows have said, and the last one takes what is left") {
  ProcessSums sums;
  Process process;
  process.value[RUSAGE_user] = 8;
  process.value[RUSAGE_system] = 2;
  process.value[RUSAGE_forks] = 3;
  Values counted{};
  counted[RUSAGE_user] = 6;
  counted[RUSAGE_system] = 9;
  counted[RUSAGE_forks] = 2;
  CHECK_FALSE(sums.settle(process, counted));
  const auto first = sums.settle(process, counted);
  REQUIRE(first);
  CHECK(first->value[RUSAGE_user] == 6);
  CHECK(first->value[RUSAGE_system] == 4);
  CHECK(first->value[RUSAGE_forks] == 2);
  counted[RUSAGE_user] = 20;
  counted[RUSAGE_forks] = 9;
  const auto last = sums.settle_last(counted);
  REQUIRE(last);
  CHECK(last->value[RUSAGE_user] == 14);
  CHECK(last->value[RUSAGE_system] == 5);
  CHECK(last->value[RUSAGE_forks] == 7);
  CHECK_FALSE(sums.settle_last(counted));
}

TEST_CASE("commands are sums by name, the one that used most CPU first") {
  Commands commands;
  Process process;
  process.image = image("sh");
  process.value[RUSAGE_user] = 5;
  process.forked_only = true;
  commands.add(process);
  process.forked_only = false;
  process.peak_rss = 4;
  commands.add(process);
  process.image = image("cc1plus");
  process.value[RUSAGE_user] = 11;
  process.peak_rss = {};
  commands.add(process);
  const auto sorted = commands.by_cpu();
  REQUIRE(sorted.size() == 2);
  CHECK(sorted[0].name == "cc1plus");
  CHECK_FALSE(sorted[0].peak_rss);
  CHECK(sorted[1].name == "sh");
  CHECK(sorted[1].processes == 1);
  CHECK(sorted[1].cpu_ns() == 10);
  CHECK(sorted[1].peak_rss == 4);
}

TEST_CASE("past the names that anybody reads, commands have their sum under no name") {
  Commands commands;
  Process process;
  process.value[RUSAGE_user] = 1;
  for (std::size_t i = 0; i < Commands::most_names + 5; i++) {
    process.image = image(std::to_string(i));
    commands.add(process);
  }
  const auto sorted = commands.by_cpu();
  CHECK(sorted.size() == Commands::most_names + 1);
  CHECK(sorted[0].cpu_ns() == 5);
  CHECK_FALSE(sorted[0].name);
}

TEST_CASE("arguments are told apart by the zeros between them, the last one may be cut") {
  using Arguments = std::vector<std::string>;
  CHECK(split_arguments("").empty());
  CHECK(split_arguments(std::string_view("a\0\0bc\0", 6)) == Arguments{"a", "", "bc"});
  CHECK(split_arguments(std::string_view("a\0b", 3)) == Arguments{"a", "b"});
  CHECK(base_name("/usr/bin/true") == "true");
  CHECK(base_name("true") == "true");
}

// The CPU time that the kernel's total of the command has, when all these are given.
std::uint64_t total_of(ProcessTable &table) {
  for (const auto &list : {table.finished(), table.rest()})
    for (const Process &process : list) process.account->add(process.value[RUSAGE_user] + process.value[RUSAGE_system]);
  return table.account()->cpu_ns();
}

TEST_CASE("the kernel's total has what was waited for, through those that waited for it") {
  ProcessTable table = started();
  table.take(events({birth(3, 2, 11), birth(4, 3, 12), birth(5, 3, 13)}));
  rusage_task_event orphan = used(end(5, 0), 16 * ms, 0);
  orphan.flags |= RUSAGE_UNWAITED;
  // However late it comes.
  table.take(events({used(end(3, 0), 2 * ms, 0), orphan}));
  table.take(events({used(end(4, 0), 4 * ms, 0)}));
  table.take(events({used(end(2, 0), 9 * ms, 0)}));
  CHECK(total_of(table) == 15 * ms);
  CHECK(table.unwaited_processes() == 1);
}

TEST_CASE("the kernel's total lacks what an orphan has waited for, and what lives on") {
  ProcessTable table = started();
  table.take(events({birth(3, 2, 11), birth(4, 3, 12), birth(5, 2, 13)}));
  rusage_task_event orphan = used(end(3, 0), 2 * ms, 0);
  orphan.flags |= RUSAGE_UNWAITED;
  table.take(events({used(end(4, 0), 4 * ms, 0), orphan}));
  table.take(events({used(end(2, 0), 9 * ms, 0), used(event(RUSAGE_LIVE, 5), 32 * ms, 0)}));
  CHECK(total_of(table) == 9 * ms);
  CHECK(table.unwaited_processes() == 2);
}

// A process that runs when the recording begins, with this peak so far.
ProcessTable attached(std::uint64_t peak_rss) {
  ProcessTable table(Baseline::first_sample);
  rusage_task_event lives = event(RUSAGE_LIVE, 1);
  lives.peak_rss = peak_rss;
  table.begin(1000 * ms, events({birth(1, 0, 10), lives}));
  return table;
}

TEST_CASE("a peak of what ran before is marked unless it is above that of before") {
  const auto [peak, predates] = GENERATE(table<std::uint64_t, bool>({{508, true}, {509, false}}));
  ProcessTable table = attached(508);
  table.take(events({end(1, 0, peak)}));
  const auto finished = table.finished();
  REQUIRE(finished.size() == 1);
  CHECK(finished[0].peak_rss == peak);
  CHECK(finished[0].peak_rss_predates == predates);
  Commands commands;
  commands.add(finished[0]);
  CHECK(commands.by_cpu()[0].peak_rss.has_value() == !predates);
}

TEST_CASE("what it executes in the recording has a peak of its own, a fork of it does until then not") {
  ProcessTable table = attached(508);
  Exec executes = exec(2, 3, "cc");
  executes.record.most_rss_so_far = 508;
  table.take(events({birth(2, 1, 11), end(3, 0, 100)}, {executes}));
  const auto finished = table.finished();
  REQUIRE(finished.size() == 2);
  CHECK(finished[0].peak_rss_predates);
  CHECK(finished[1].peak_rss == 100);
  CHECK_FALSE(finished[1].peak_rss_predates);
}

TEST_CASE("what children have used counts from where the span, or the recording, begins") {
  ProcessTable table = attached(0);
  const auto take = [&](std::uint64_t span, std::uint64_t cpu_ns, std::vector<Exec> execs = {}) {
    TaskEvents more = events({}, std::move(execs));
    more.children_cpu_ns[span] = cpu_ns;
    table.take(more);
  };
  take(1, 5 * ms);
  Exec executes = exec(1, 2, "cc", 90 * ms);
  executes.children_cpu_ns = 8 * ms;
  take(2, 20 * ms, {executes});
  table.take(events({used(end(2, 0), 190 * ms, 0)}));
  const auto finished = table.finished();
  REQUIRE(finished.size() == 2);
  CHECK(finished[0].children_cpu_ns == 8 * ms);
  CHECK(finished[1].children_cpu_ns == 12 * ms);
}

}  // namespace
}  // namespace rusage_bpf::process_table_test
