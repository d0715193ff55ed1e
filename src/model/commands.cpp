#include "model/commands.h"

#include <algorithm>

namespace rusage_bpf {

void Command::add(const Command &other) {
  processes += other.processes;
  for (std::size_t i = 0; i < column_count; i++) value[i] += other.value[i];
  known |= other.known;
  peak_rss = std::max(peak_rss, other.peak_rss);
}

void Commands::add(const Process &process) {
  const auto &name = process.image->command;
  const bool room = commands_.size() < max_names || commands_.contains(name);
  Command &command = commands_[room ? name : std::nullopt];
  if (room) command.name = name;
  if (!process.forked_only) command.processes++;
  for (std::size_t i = 0; i < column_count; i++) command.value[i] += process.value[i];
  command.known |= process.known;
  if (!process.peak_rss_predates) command.peak_rss = std::max(command.peak_rss, process.peak_rss);
  if (process.children_cpu_ns) command.children_cpu_ns = command.children_cpu_ns.value_or(0) + *process.children_cpu_ns;
}

std::vector<Command> Commands::by_cpu() const {
  std::vector<Command> sorted;
  for (const auto &[name, command] : commands_) sorted.push_back(command);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Command &a, const Command &b) { return a.cpu_ns() > b.cpu_ns(); });
  return sorted;
}

}  // namespace rusage_bpf
