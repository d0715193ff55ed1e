#include "model/process_sums.h"

#include <algorithm>
#include <utility>

namespace rusage_bpf {

std::optional<Process> ProcessSums::finalize(Process process, const Values &counted) {
  if (kept_) attribute(*kept_, counted, false);
  return std::exchange(kept_, std::move(process));
}

std::optional<Process> ProcessSums::finalize_last(const Values &counted, bool all_listed) {
  if (kept_) attribute(*kept_, counted, all_listed);
  return std::exchange(kept_, std::nullopt);
}

void ProcessSums::attribute(Process &process, const Values &counted, bool everything) {
  Values left{};
  for (std::size_t i = 0; i < column_count; i++) left[i] = counted[i] - attributed_[i];
  Values &share = process.value;
  // Run time comes first. Then its split, as near to the record's own as what is left allows.
  const std::uint64_t left_run = left[RUSAGE_user] + left[RUSAGE_system];
  const std::uint64_t run = std::min(share[RUSAGE_user] + share[RUSAGE_system], left_run);
  const std::uint64_t least_user = run - std::min(run, left[RUSAGE_system]);
  const std::uint64_t user = std::clamp(share[RUSAGE_user], least_user, std::min(run, left[RUSAGE_user]));
  for (std::size_t i = 0; i < column_count; i++) share[i] = std::min(share[i], left[i]);
  share[RUSAGE_user] = user;
  share[RUSAGE_system] = run - user;
  if (everything) {
    share = left;
    for (std::size_t i = 0; i < column_count; i++)
      if (share[i] > 0) process.known.set(i);
  }
  for (std::size_t i = 0; i < column_count; i++) attributed_[i] += share[i];
  if (process.children_cpu_ns)
    process.children_cpu_ns = std::min(*process.children_cpu_ns, share[RUSAGE_user] + share[RUSAGE_system]);
}

}  // namespace rusage_bpf
