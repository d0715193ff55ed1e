#include "output/summary_sink.h"

#include <catch2/catch.hpp>
#include <utility>

#include "support/units.h"

namespace rusage_bpf::summary_test {
namespace {

using Catch::Matchers::Contains;
using test::mib;
using test::second;

Recording recording_of(std::vector<std::string> argv) {
  Recording recording;
  recording.target = TargetKind::command;
  recording.argv = std::move(argv);
  return recording;
}

// A recording with one row, in which every figure is `figure` but for `others`.
Outcome outcome_of(std::uint64_t figure, const std::vector<std::pair<rusage_column, std::uint64_t>> &others = {}) {
  Row row;
  row.value.fill(figure);
  row.known.set();
  for (const auto &[column, value] : others) row.value[column] = value;
  Outcome outcome;
  outcome.totals.add(row);
  outcome.ended_by = EndReason::command;
  outcome.exit.code = 0;
  outcome.audit.losses = Losses();
  return outcome;
}

std::string summary_of(const Outcome &outcome) {
  return summary(recording_of({"true"}), outcome, {"rusage.json"});
}

TEST_CASE("the summary says what ran, how it ended, what it used and where the rows are") {
  Outcome outcome = outcome_of(0, {{RUSAGE_elapsed, 2 * second},
                                   {RUSAGE_user, 3 * second},
                                   {RUSAGE_system, second / 2},
                                   {RUSAGE_run_delay, second / 4},
                                   {RUSAGE_rss, 100 * mib},
                                   {RUSAGE_forks, 1233},
                                   {RUSAGE_pid_count, 9},
                                   {RUSAGE_thread_count, 12},
                                   {RUSAGE_read_bytes, 5 * mib},
                                   {RUSAGE_read_count, 4321},
                                   {RUSAGE_write_bytes, 2 * mib},
                                   {RUSAGE_write_count, 765},
                                   {RUSAGE_disk_read_bytes, 4096},
                                   {RUSAGE_disk_write_bytes, 512},
                                   {RUSAGE_ctx_switches_voluntary, 11},
                                   {RUSAGE_ctx_switches_involuntary, 22},
                                   {RUSAGE_minor_faults, 33},
                                   {RUSAGE_major_faults, 44}});
  outcome.exit.code = 2;
  outcome.audit.kernel.value[RUSAGE_user] = 3 * second;
  outcome.audit.kernel.value[RUSAGE_system] = second / 2;
  outcome.audit.losses = Losses{.untracked_tasks = 0, .ticks_missed = 5};
  const std::string text = summary(recording_of({"make", "-j8"}), outcome, {"rusage.json", "other.json"});
  // Further columns may follow on a line.
  std::size_t at = 0;
  for (const char *line :
       {"\nmake -j8: exit 2 after 2.000 s\n", "  CPU        3.000 s user + 0.500 s system = 175 % of one core",
        "  memory     peak 100 MiB resident at 2.000 s",
        "  I/O        5.00 MiB read, 2.00 MiB written, 4 321 read calls, 765 write calls, 4.00 KiB from storage, "
        "512 B to storage",
        "  processes  1 234 ran, at most 9 at once (12 tasks)", "  run delay  0.250 s waiting",
        "  switches   11 voluntary, 22 involuntary", "  faults     33 minor, 44 major",
        "  audit      accounted 100.00 % of the kernel's own total, 0 tasks lost, 5 ticks missed\n",
        "  rows       1 in rusage.json, other.json\n"}) {
    INFO(text << "lacks, in its place: " << line);
    at = text.find(line, at);
    REQUIRE(at != std::string::npos);
  }
}

TEST_CASE("the summary lacks the counters that the source does not have, and a line with none of them") {
  Recording recording = recording_of({"true"});
  recording.origin[RUSAGE_run_delay] = "none";
  recording.origin[RUSAGE_major_faults] = "none";
  const std::string text = summary(recording, outcome_of(7), {"rusage.json"});
  CHECK_THAT(text, !Contains("run delay") && Contains("  faults     7 minor\n"));
}

TEST_CASE("the summary shows the five commands with the most CPU time, and says what is only in commands") {
  Outcome outcome = outcome_of(0, {{RUSAGE_user, 90 * second}, {RUSAGE_system, 10 * second}});
  for (const char *name : {"cc1plus", "a", "b", "c\n", "e", "f"}) {
    Command command;
    command.name = name;
    command.processes = outcome.commands.empty() ? 1412 : 1;
    command.value[RUSAGE_user] = outcome.commands.empty() ? 83 * second : second;
    outcome.commands.push_back(command);
  }
  outcome.processes_left_out = 1000;
  CHECK_THAT(summary_of(outcome),
             Contains("  commands   cc1plus x1 412 83 % CPU, a x1 1 % CPU, b x1 1 % CPU, c  x1 1 % CPU, "
                      "e x1 1 % CPU; 1 000 processes over --max-processes appear only in these totals\n"));
}

TEST_CASE("a command that a signal killed is shown with the signal's number and name") {
  Outcome outcome = outcome_of(0);
  outcome.exit = {.code = {}, .signal = 9};
  CHECK_THAT(summary_of(outcome), Contains("true: killed by signal 9 (Killed) after"));
}

TEST_CASE("one is singular, none and many are plural") {
  Outcome one = outcome_of(1);
  one.audit.losses = Losses{.untracked_tasks = 1, .ticks_missed = 1};
  for (const char *phrase : {"1 read call,", "1 write call,", "(1 task)", "1 task lost", "1 tick missed"})
    CHECK_THAT(summary_of(one), Contains(phrase));
  for (const char *phrase : {"0 read calls,", "(0 tasks)", "0 tasks lost", "0 ticks missed"})
    CHECK_THAT(summary_of(outcome_of(0)), Contains(phrase));
}

TEST_CASE("untracked tasks are losses, and lost events are too") {
  Outcome outcome = outcome_of(0);
  outcome.audit.losses = Losses{.untracked_tasks = 2, .ticks_missed = 0};
  outcome.audit.events_lost = 3;
  CHECK_THAT(summary_of(outcome), Contains("2 tasks lost") && Contains("3 events lost"));
  outcome.audit.events_lost = 0;
  CHECK_THAT(summary_of(outcome), !Contains("events lost") && !Contains("no process"));
  outcome.audit.unlisted_tasks = 4;
  CHECK_THAT(summary_of(outcome), Contains("4 tasks in the rows and in no process record"));
}

TEST_CASE("what polling did not find, or could not read, is reported") {
  Outcome outcome = outcome_of(0);
  CHECK_THAT(summary_of(outcome), !Contains("between two polls") && !Contains("readable") && !Contains("excluded"));
  outcome.audit.unseen_tasks = 412;
  outcome.audit.unreadable_processes = 1;
  outcome.audit.untraceable_tasks = 2;
  CHECK_THAT(summary_of(outcome), Contains("at most 412 tasks started and exited between two polls") &&
                                      Contains("1 process not readable in full") &&
                                      Contains("2 tasks excluded that you may not trace"));
}

TEST_CASE("an unknown value is not 0") {
  Row row;
  row.known.set(RUSAGE_elapsed).set(RUSAGE_user).set(RUSAGE_system);
  Outcome outcome;
  outcome.ended_by = EndReason::command;
  outcome.exit = {.code = 0, .signal = {}};
  outcome.totals.add(row);
  const std::string text = summary_of(outcome);
  for (const char *phrase :
       {"unknown read,", "unknown waiting", "peak unknown resident", "0 observed, at most unknown at once"})
    CHECK_THAT(text, Contains(phrase));
}

TEST_CASE("losses of a killed recorder are unknown, not 0") {
  Outcome outcome = outcome_of(0);
  outcome.audit.losses.reset();
  CHECK_THAT(summary_of(outcome), Contains("losses are unknown") && !Contains("tasks lost"));
}

TEST_CASE("if the kernel reports no total, there is no share of it") {
  CHECK_THAT(summary_of(outcome_of(7)), Contains("the kernel reported no total, 0 tasks lost"));
}

TEST_CASE("an attached process is named by its pid, with the reason for the end") {
  Recording recording = recording_of({"make", "-j8"});
  recording.target = TargetKind::tree;
  recording.root_pid = 42;
  Outcome outcome = outcome_of(7, {{RUSAGE_elapsed, 2 * second}});
  outcome.exit = {};
  outcome.ended_by = EndReason::duration;
  const std::string text = summary(recording, outcome, {"rusage.json"});
  CHECK_THAT(text, Contains("process 42, make -j8: recorded for 2.000 s, until the time was up"));
  CHECK_THAT(text, Contains("7 started, 7 ended, at most 7 at once"));
  CHECK_THAT(text, Contains("the kernel keeps no total to compare with"));
}

TEST_CASE("a tree that outlives its command is recorded to its end, and the command's exit is reported") {
  Outcome outcome = outcome_of(7, {{RUSAGE_elapsed, 2 * second}});
  outcome.ended_by = EndReason::tree;
  CHECK_THAT(summary_of(outcome), Contains("true: exit 0, recorded for 2.000 s, until its last process ended"));
}

TEST_CASE("a recording that took no time used no share of a core") {
  CHECK_THAT(summary_of(outcome_of(0)), Contains("= 0 % of one core"));
}

TEST_CASE("the kernel's total is compared with the usage that it can have, and the rest is reported") {
  Outcome outcome = outcome_of(0, {{RUSAGE_user, 10 * second}});
  outcome.audit.kernel.value[RUSAGE_user] = 2 * second;
  outcome.audit.kernel.known.set(RUSAGE_user).set(RUSAGE_system);
  outcome.audit.unwaited = Unwaited{.processes = 3, .cpu_ns = 8 * second};
  CHECK_THAT(summary_of(outcome), Contains("accounted 100.00 % of the kernel's own total, which lacks 3 processes not "
                                           "reaped or still live (8.000 s), 0 tasks lost"));
  // A document of an earlier version, in which the two cannot be distinguished.
  outcome.audit.unwaited.reset();
  CHECK_FALSE(accounted_cpu(outcome));
  CHECK_THAT(summary_of(outcome), Contains("accounted 8.000 s more than the kernel's own total of "
                                           "2.000 s, which lacks processes") &&
                                      !Contains("% of the kernel's"));
  // A share of a very small value has no meaning.
  outcome.audit.unwaited = Unwaited{.processes = 0, .cpu_ns = 0};
  outcome.audit.kernel.value[RUSAGE_user] = 9 * second;
  CHECK_THAT(summary_of(outcome),
             Contains("accounted 1.000 s more than the kernel's own total") && !Contains("which lacks"));
}

TEST_CASE("a peak of one process above that of the rows is the peak, and both are shown") {
  Outcome outcome = outcome_of(0, {{RUSAGE_elapsed, 2 * second}, {RUSAGE_rss, 103 * mib}});
  outcome.rss_at_least = 103 * mib;
  CHECK_THAT(summary_of(outcome), Contains("  memory     peak 103 MiB resident at 2.000 s\n"));
  outcome.rss_at_least = 208 * mib;
  CHECK_THAT(summary_of(outcome), Contains("  memory     peak at least 208 MiB resident: one "
                                           "process; in the rows 103 MiB at 2.000 s\n"));
  Command command;
  command.name = "python3";
  command.peak_rss = 208 * mib;
  outcome.commands = {command};
  CHECK_THAT(summary_of(outcome), Contains("208 MiB resident: one process, python3; in the rows"));
}

TEST_CASE("CPU time that may be children's is shown with the command's") {
  Outcome outcome = outcome_of(0, {{RUSAGE_user, 100 * second}});
  Command command;
  command.name = "xargs";
  command.processes = 1;
  command.value[RUSAGE_user] = 89 * second;
  command.children_cpu_ns = 88 * second;
  outcome.commands = {command};
  CHECK_THAT(summary_of(outcome), Contains("xargs x1 89 % CPU (88 % may be its children's)\n"));
  outcome.commands[0].children_cpu_ns = 0;
  CHECK_THAT(summary_of(outcome), Contains("xargs x1 89 % CPU\n"));
}

TEST_CASE("processes that the OOM killer killed are reported if they may be recorded ones") {
  Outcome outcome = outcome_of(0);
  outcome.audit.sigkilled_processes = 2;
  outcome.audit.sigkilled_commands = {"cc1", "ld"};
  CHECK_THAT(summary_of(outcome), !Contains("memory;"));
  outcome.audit.oom_kills = 2;
  CHECK_THAT(summary_of(outcome),
             Contains("  killed     the kernel killed 2 processes of this cgroup for lack of memory; "
                      "ended by SIGKILL: 2 processes (cc1, ld)\n"));
  outcome.audit.oom_kills = 0;
  outcome.audit.oom_kills_on_machine = 1;
  CHECK_THAT(summary_of(outcome), Contains("the kernel killed 1 process of this machine for lack"));
  outcome.audit.sigkilled_processes = 0;
  CHECK_THAT(summary_of(outcome), !Contains("for lack of memory"));
}

}  // namespace
}  // namespace rusage_bpf::summary_test
