#include "output/summary_sink.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>

#include "document/time.h"
#include "os/message.h"
#include "os/text.h"
#include "output/text.h"

namespace rusage_bpf {
namespace {

std::string how_it_ended(const Exit &exit) {
  if (exit.signal) return fmt::format("killed by signal {} ({})", *exit.signal, strsignal(*exit.signal));
  return fmt::format("exit {}", *exit.code);
}

std::string why_it_ended(const EndedBy &by) {
  switch (by.kind()) {
    case EndReason::tree:
      return "its last process ended";
    case EndReason::cgroup:
      return "the cgroup was removed";
    case EndReason::duration:
      return "the time was up";
    case EndReason::eof:
      return "standard input ended";
    case EndReason::outputs:
      return "no output was left to write to";
    case EndReason::stop_with:
      return "the process of --stop-with ended";
    case EndReason::unknown:
      return "the recorder was gone";
    case EndReason::command:
    case EndReason::signal:
    case EndReason::other:
      break;
  }
  return one_line(by.text());
}

// On one line, cut if it is long.
std::string command_line(const std::vector<std::string> &argv) {
  constexpr std::size_t longest = 103;
  return one_line(fmt::format("{}", fmt::join(argv, " ")), longest);
}

std::string counted(std::uint64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", human_count(count), count == 1 ? one : many);
}

std::string plural(std::uint64_t count, std::string_view what) {
  return counted(count, what, fmt::format("{}s", what));
}

std::string total_text(const Totals &totals, std::size_t column) {
  return totals.known(column) ? figure_text(totals[column], columns[column].unit) : "unknown";
}

// "12 read calls", "1 fork", "5.00 MiB read".
std::string labelled_total(const Totals &totals, std::size_t column) {
  std::string_view label = columns[column].label;
  const bool is_one = totals.known(column) && totals[column] == 1 && columns[column].drawn() == Column::Drawn::rate;
  if (is_one && label.ends_with('s')) label.remove_suffix(1);
  return fmt::format("{} {}", total_text(totals, column), label);
}

// "11 voluntary, 22 involuntary", without those that the source does not have.
std::string counters_text(ChartId chart, const Recording &recording, const Totals &totals) {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < column_count; i++)
    if (columns[i].chart == chart && columns[i].is_counter() && recording.origin[i] != "none")
      texts.push_back(labelled_total(totals, i));
  return fmt::format("{}", fmt::join(texts, ", "));
}

// The totals do not include the processes of a tree or cgroup at the start of the recording.
std::string process_counts(const Recording &recording, const Outcome &outcome) {
  const Totals &totals = outcome.totals;
  const bool all_rows = outcome.rows_overwritten == 0 && outcome.audit.rows_damaged == 0;
  const std::string_view at_least = all_rows ? "" : "at least ";
  if (!totals.known(RUSAGE_forks)) {
    if (outcome.recovered) return "unknown how many ran";  // a ring holds rows only
    std::uint64_t observed = 0;
    for (const Command &command : outcome.commands) observed += command.processes;
    return fmt::format("{} observed", human_count(observed));
  }
  if (recording.target == TargetKind::command)
    return fmt::format("{}{} ran", at_least, human_count(totals[RUSAGE_forks] + 1));
  return fmt::format("{}{} started, {} ended", at_least, human_count(totals[RUSAGE_forks]),
                     human_count(totals[RUSAGE_exits]));
}

// "cc1plus x412 83 % CPU": those with the most CPU time.
std::string commands_with_most_cpu(const Outcome &outcome) {
  constexpr std::size_t most = 5;
  constexpr std::size_t longest_name = 60;
  const Totals &t = outcome.totals;
  const auto all_ns = static_cast<double>(t[RUSAGE_user] + t[RUSAGE_system]);
  std::string text;
  for (std::size_t i = 0; i < std::min(most, outcome.commands.size()); i++) {
    const Command &command = outcome.commands[i];
    const std::string name = one_line(command.name.value_or("(unknown)"), longest_name);
    const auto share_of = [&](std::uint64_t ns) { return all_ns > 0 ? static_cast<double>(ns) / all_ns * 100 : 0; };
    text += fmt::format("{}{} x{} {:.0f} % CPU", i > 0 ? ", " : "", name, human_count(command.processes),
                        share_of(command.cpu_ns()));
    constexpr double least_share = .5;
    if (const double others = share_of(command.children_cpu_ns.value_or(0)); others >= least_share)
      text += fmt::format(" ({:.0f} % may be its children's)", others);
  }
  if (outcome.processes_left_out > 0)
    text += fmt::format("; {} processes over --max-processes appear only in these totals",
                        human_count(outcome.processes_left_out));
  return text;
}

// The CPU time of the rows beside the kernel's total, and what that total lacks.
std::string kernel_share(const Recording &recording, const Outcome &outcome) {
  const Audit &audit = outcome.audit;
  const auto cpu_of = [](const auto &figures) { return figures[RUSAGE_user] + figures[RUSAGE_system]; };
  const std::uint64_t rows_ns = cpu_of(outcome.totals);
  const std::uint64_t kernel_ns = cpu_of(audit.kernel.value);
  if (audit.kernel.known.none() && kernel_ns == 0)
    return recording.target == TargetKind::command ? "the kernel reported no total"
                                                   : "the kernel keeps no total to compare with";
  if (outcome.rows_overwritten > 0 || audit.rows_damaged > 0)
    return "not all rows to compare with the kernel's own total";
  const auto accounted = accounted_cpu(outcome);
  std::string text;
  // If the total is tiny, what a process uses after it was reaped is a large share of it.
  constexpr double most = 1.05;
  if (accounted && *accounted <= most) {
    text = fmt::format("accounted {:.2f} % of the kernel's own total", *accounted * 100);
  } else {
    const std::uint64_t unwaited_ns = audit.unwaited ? audit.unwaited->cpu_ns : 0;
    const std::uint64_t comparable_ns = rows_ns - std::min(rows_ns, unwaited_ns);
    text = fmt::format("accounted {:.3f} s more than the kernel's own total of {:.3f} s",
                       seconds(comparable_ns - std::min(comparable_ns, kernel_ns)), seconds(kernel_ns));
  }
  if (audit.unwaited && audit.unwaited->processes > 0)
    text += fmt::format(", which lacks {} not reaped or still live ({:.3f} s)",
                        counted(audit.unwaited->processes, "process", "processes"), seconds(audit.unwaited->cpu_ns));
  else if (!accounted && kernel_ns > 0)
    text += ", which lacks processes that were not reaped";
  return text;
}

// The kernel only counts its OOM kills, by cgroup and in all. The processes that ended by SIGKILL say which these were.
std::string killed_for_memory(const Audit &audit) {
  const std::uint64_t in_cgroup = audit.oom_kills.value_or(0);
  const std::uint64_t in_all = audit.oom_kills_on_machine.value_or(0);
  const auto processes = [](std::uint64_t count) { return counted(count, "process", "processes"); };
  const std::string kernel = in_cgroup > 0 ? fmt::format("the kernel killed {} of this cgroup", processes(in_cgroup))
                                           : fmt::format("the kernel killed {} of this machine", processes(in_all));
  const std::uint64_t sigkilled = audit.sigkilled_processes.value_or(0);
  if (in_cgroup + in_all == 0 || (in_cgroup == 0 && sigkilled == 0)) return "";
  if (sigkilled == 0) return kernel + " for lack of memory";
  return fmt::format("{} for lack of memory; ended by SIGKILL: {} ({})", kernel, processes(sigkilled),
                     one_line(fmt::format("{}", fmt::join(audit.sigkilled_commands, ", "))));
}

// A peak between two samples is in no row, but the kernel keeps the peak of each process.
std::string memory_peak(const Outcome &outcome) {
  const Totals &totals = outcome.totals;
  const std::string sampled = total_text(totals, RUSAGE_rss);
  const double at_s = seconds(totals.peak_elapsed_ns(RUSAGE_rss));
  const auto &at_least = outcome.rss_at_least;
  if (!at_least || (totals.known(RUSAGE_rss) && *at_least <= totals[RUSAGE_rss]))
    return fmt::format("peak {} resident at {:.3f} s", sampled, at_s);
  const auto command = std::find_if(outcome.commands.begin(), outcome.commands.end(),
                                    [&](const Command &one) { return one.peak_rss == at_least; });
  const std::string owner = command == outcome.commands.end() || !command->name
                                ? "one process"
                                : fmt::format("one process, {}", one_line(*command->name));
  return fmt::format("peak at least {} resident: {}; in the rows {} at {:.3f} s", human_bytes(*at_least), owner,
                     sampled, at_s);
}

std::string cpu_text(const Totals &totals) {
  const std::string split =
      fmt::format("{} user + {} system", total_text(totals, RUSAGE_user), total_text(totals, RUSAGE_system));
  if (!totals.known(RUSAGE_user) || !totals.known(RUSAGE_system)) return split;
  const auto cpu_ns = static_cast<double>(totals[RUSAGE_user] + totals[RUSAGE_system]);
  const auto wall_ns = static_cast<double>(totals.elapsed_ns());
  return fmt::format("{} = {:.0f} % of one core", split, wall_ns > 0 ? cpu_ns / wall_ns * 100 : 0);
}

std::string processes_text(const Recording &recording, const Outcome &outcome) {
  const Totals &totals = outcome.totals;
  const std::string tasks =
      totals.known(RUSAGE_thread_count) ? plural(totals[RUSAGE_thread_count], "task") : "unknown tasks";
  return fmt::format("{}, at most {} at once ({})", process_counts(recording, outcome),
                     total_text(totals, RUSAGE_pid_count), tasks);
}

// The phrases of charts with more to say than the sums of their counters; gauges have no sum.
std::string chart_text(ChartId chart, const Recording &recording, const Outcome &outcome) {
  switch (chart) {
    case ChartId::cpu_time:
      return cpu_text(outcome.totals);
    case ChartId::resident:
      return memory_peak(outcome);
    case ChartId::live:
      return processes_text(recording, outcome);
    case ChartId::forks_and_exits:
      return "";  // processes_text has them
    default:
      return counters_text(chart, recording, outcome.totals);
  }
}

std::string group_text(GroupId group, const Recording &recording, const Outcome &outcome) {
  std::vector<std::string> texts;
  for (const Chart &chart : charts) {
    if (chart.group != group) continue;
    if (std::string text = chart_text(chart.id, recording, outcome); !text.empty()) texts.push_back(std::move(text));
  }
  return fmt::format("{}", fmt::join(texts, ", "));
}

}  // namespace

std::string target_name(const Recording &recording) {
  constexpr std::size_t longest_path = 4096;
  std::string command = command_line(recording.argv);
  if (recording.target == TargetKind::tree)
    return fmt::format("process {}, {}", recording.root_pid.value_or(0), command);
  if (recording.target == TargetKind::cgroup) return fmt::format("cgroup {}", one_line(recording.cgroup, longest_path));
  return command;
}

std::string ending(const Outcome &outcome) {
  const double wall_s = seconds(outcome.totals.elapsed_ns());
  const bool known = outcome.exit.code || outcome.exit.signal;
  if (outcome.ended_by == EndReason::command && known)
    return fmt::format("{} after {:.3f} s", how_it_ended(outcome.exit), wall_s);
  if (outcome.goes_on) return fmt::format("recorded for {:.3f} s so far", wall_s);
  return fmt::format("{}recorded for {:.3f} s, until {}", known ? how_it_ended(outcome.exit) + ", " : "", wall_s,
                     why_it_ended(outcome.ended_by));
}

std::string audit_line(const Recording &recording, const Outcome &outcome) {
  const std::string share = kernel_share(recording, outcome);
  const auto &losses = outcome.audit.losses;
  std::string line = share;
  if (losses)
    line += fmt::format(", {} lost, {} missed", plural(losses->untracked_tasks, "task"),
                        plural(losses->ticks_missed, "tick"));
  else
    line += ", losses are unknown";
  const Audit &audit = outcome.audit;
  if (audit.events_lost.value_or(0) > 0) line += fmt::format(", {} lost", plural(*audit.events_lost, "event"));
  if (audit.unseen_tasks.value_or(0) > 0)
    line += fmt::format(", at most {} started and exited between two polls", plural(*audit.unseen_tasks, "task"));
  if (audit.unlisted_tasks.value_or(0) > 0)
    line += fmt::format(", {} in the rows and in no process record", plural(*audit.unlisted_tasks, "task"));
  if (audit.unreadable_processes.value_or(0) > 0)
    line += fmt::format(", {} not readable in full", counted(*audit.unreadable_processes, "process", "processes"));
  if (audit.untraceable_tasks.value_or(0) > 0)
    line += fmt::format(", {} excluded that you may not trace", plural(*audit.untraceable_tasks, "task"));
  if (outcome.rows_overwritten > 0)
    line += fmt::format(", {} overwritten in the ring", plural(outcome.rows_overwritten, "row"));
  if (outcome.audit.rows_damaged > 0) line += fmt::format(", {} damaged", plural(outcome.audit.rows_damaged, "row"));
  return line;
}

std::string summary(const Recording &recording, const Outcome &outcome, const std::vector<std::string> &outputs) {
  const auto line = [](std::string_view title, const std::string &text) {
    return text.empty() ? "" : fmt::format("  {:<11}{}\n", title, text);
  };
  std::string text = fmt::format("\n{}: {}\n", target_name(recording), ending(outcome));
  for (const Group &group : groups) text += line(group.name, group_text(group.id, recording, outcome));
  text += line("killed", killed_for_memory(outcome.audit));
  if (!outcome.commands.empty()) text += line("commands", commands_with_most_cpu(outcome));
  text += line("audit", audit_line(recording, outcome));
  text += line("rows", fmt::format("{} in {}", human_count(outcome.totals.rows()),
                                   one_line(fmt::format("{}", fmt::join(outputs, ", ")))));
  return text;
}

Result<void> SummarySink::begin(const Recording &recording) {
  recording_ = recording;
  if (!live_) return {};
  if (!ring_.empty()) say("after a crash, run: rusage-bpf recover {}", ring_);
  if (!recording.backend_reason.empty())
    say("polling /proc: forks, execs and exits are not counted, and a process that starts and "
        "exits "
        "between two polls counts as part of its parent; the reason: {}",
        recording.backend_reason);
  // A command shows that it runs. Otherwise this line says that the recording has begun.
  if (recording.target != TargetKind::command) say("recording {}; Ctrl-C ends the recording", target_name(recording));
  return {};
}

Result<void> SummarySink::row(const Row &) {
  return {};
}

Result<void> SummarySink::end(const Outcome &outcome) {
  // If no name could be claimed, the output reports that.
  if (default_name_) outputs_.push_back(default_name_->claim().value_or(default_name_->so_far()));
  say_text(summary(recording_, outcome, outputs_));
  return {};
}

}  // namespace rusage_bpf
