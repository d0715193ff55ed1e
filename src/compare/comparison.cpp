#include "compare/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "os/text.h"
#include "output/text.h"

namespace rusage_bpf {
namespace {

// Empty if it is unknown, or there was no command.
std::string exit_text(const Exit &exit) {
  if (exit.signal) return fmt::format("signal {}", *exit.signal);
  return exit.code ? fmt::format("exit {}", *exit.code) : "";
}

std::vector<std::string> warnings(const Side &a, const Side &b) {
  std::vector<std::string> all;
  const auto differ = [&](std::string_view what, const auto &first, const auto &second) {
    if (first != second) all.push_back(one_line(fmt::format("{}: {} in A, {} in B", what, first, second)));
  };
  differ("other host", a.recording.host, b.recording.host);
  differ("other kernel", a.recording.kernel, b.recording.kernel);
  differ("other number of CPUs", a.recording.cpus, b.recording.cpus);
  differ("other backend", a.recording.backend, b.recording.backend);
  differ("other kind of target", a.recording.target.text(), b.recording.target.text());
  const std::string first_exit = exit_text(a.outcome.exit);
  const std::string second_exit = exit_text(b.outcome.exit);
  if (!first_exit.empty() && !second_exit.empty()) differ("other end", first_exit, second_exit);
  for (const auto &[side, name] : {std::pair{&a, "A"}, {&b, "B"}})
    if (const std::string missing = what_is_missing(*side); !missing.empty())
      all.push_back(fmt::format("{} {}: its figures are too low", name, missing));
  return all;
}

Pair cpu_of(const CommandPair &command) {
  static const Measure &cpu = *find_measure("cpu");
  return command.of(cpu);
}

// 0 if one is unknown.
std::uint64_t distance(const Pair &pair) {
  return pair.a && pair.b ? apart(*pair.a, *pair.b) : 0;
}

std::vector<CommandPair> pair_commands(const std::vector<Command> &a, const std::vector<Command> &b) {
  // A recording with a list of commands has at least one.
  if (a.empty() || b.empty()) return {};
  std::map<std::optional<std::string>, CommandPair> by_name;
  for (const Command &command : a) add_to(by_name[command.name].a, command);
  for (const Command &command : b) add_to(by_name[command.name].b, command);
  std::vector<CommandPair> all;
  for (auto &[name, command] : by_name) {
    command.name = name;
    all.push_back(std::move(command));
  }
  const auto rank = [](const CommandPair &command) {
    const Pair cpu = cpu_of(command);
    return std::pair(distance(cpu), std::max(cpu.a, cpu.b));
  };
  std::stable_sort(all.begin(), all.end(),
                   [&](const CommandPair &one, const CommandPair &other) { return rank(one) > rank(other); });
  return all;
}

}  // namespace

void add_to(std::optional<Command> &sum, const Command &command) {
  if (sum)
    sum->add(command);
  else
    sum = command;
}

Result<void> SideSink::begin(const Recording &recording) {
  side_.recording = recording;
  if (most_buckets_ > 0) side_.buckets.emplace(recording.interval_ns, most_buckets_);
  return {};
}

Result<void> SideSink::row(const Row &row) {
  if (side_.buckets) side_.buckets->add(row);
  return {};
}

Result<void> SideSink::end(const Outcome &outcome) {
  side_.outcome = outcome;
  return {};
}

std::string what_is_missing(const Side &side) {
  const Outcome &outcome = side.outcome;
  const auto &losses = outcome.audit.losses;
  const std::uint64_t tasks_lost = (losses ? losses->untracked_tasks : 0) + outcome.audit.events_lost.value_or(0);
  if (outcome.ended_by == EndReason::unknown) return "was cut short";
  if (outcome.rows_overwritten > 0)
    return fmt::format("lacks {} rows that its ring had no room for", human_count(outcome.rows_overwritten));
  if (outcome.audit.rows_damaged > 0)
    return fmt::format("lacks {} damaged rows", human_count(outcome.audit.rows_damaged));
  if (tasks_lost > 0) return fmt::format("lacks {} tasks", human_count(tasks_lost));
  return "";
}

std::string peak_note(const Side &side) {
  const Totals &totals = side.outcome.totals;
  const auto &at_least = side.outcome.rss_at_least;
  const bool sampled = totals.known(RUSAGE_rss);
  if (!at_least || (sampled && *at_least <= totals[RUSAGE_rss])) return "";
  return fmt::format("at least {}, the peak of one process; {} in the rows", human_bytes(*at_least),
                     sampled ? human_bytes(totals[RUSAGE_rss]) : "not known");
}

std::optional<double> ratio(const Pair &pair) {
  if (!pair.a || !pair.b || *pair.a == 0) return std::nullopt;
  return static_cast<double>(*pair.b) / static_cast<double>(*pair.a);
}

Pair CommandPair::processes() const {
  return {a ? a->processes : 0, b ? b->processes : 0};
}

Pair CommandPair::of(const Measure &measure) const {
  const bool has_none = measure.series == RUSAGE_rss;
  const auto one = [&](const std::optional<Command> &command) {
    if (command) return measure.of(*command);
    return has_none ? Figure() : Figure(0);
  };
  return {one(a), one(b)};
}

Comparison compare(const Side &a, const Side &b) {
  Comparison comparison{.a = a, .b = b, .warnings = warnings(a, b), .totals = {}, .commands = {}};
  for (const Measure &measure : measures()) comparison.totals.push_back({measure.of(a.outcome), measure.of(b.outcome)});
  comparison.commands = pair_commands(a.outcome.commands, b.outcome.commands);
  return comparison;
}

}  // namespace rusage_bpf
