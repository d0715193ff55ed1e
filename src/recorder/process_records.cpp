#include "recorder/process_records.h"

#include <algorithm>
#include <csignal>
#include <utility>

namespace rusage_bpf {

void ProcessRecords::apply(const TaskEvents &events, const Values &counted) {
  table_.apply(events);
  for (Process &process : table_.finished()) finish(std::move(process), counted);
}

void ProcessRecords::end(const Values &counted, bool all_listed) {
  for (Process &process : table_.rest()) finish(std::move(process), counted);
  if (auto last = sums_.finalize_last(counted, all_listed)) pass_on(*std::move(last));
}

std::optional<Unwaited> ProcessRecords::unwaited(const Values &counted, bool all_listed) const {
  if (!table_.account() || !all_listed) return std::nullopt;
  const std::uint64_t all_ns = counted[RUSAGE_user] + counted[RUSAGE_system];
  return Unwaited{.processes = table_.unwaited_processes(),
                  .cpu_ns = all_ns - std::min(all_ns, table_.account()->cpu_ns())};
}

void ProcessRecords::finish(Process process, const Values &counted) {
  if (auto finished = sums_.finalize(std::move(process), counted)) pass_on(*std::move(finished));
}

void ProcessRecords::pass_on(Process process) {
  commands_.add(process);
  if (process.account) process.account->add(process.value[RUSAGE_user] + process.value[RUSAGE_system]);
  if (process.exit.signal == SIGKILL) note_kill(process);
  if (count_++ < most_) outputs_.process(std::move(process));
}

void ProcessRecords::note_kill(const Process &process) {
  constexpr std::size_t most_names = 5;
  killed_++;
  const std::string name = process.image->command.value_or("(unknown)");
  const bool is_new = std::find(killed_names_.begin(), killed_names_.end(), name) == killed_names_.end();
  if (is_new && killed_names_.size() < most_names) killed_names_.push_back(name);
}

}  // namespace rusage_bpf
