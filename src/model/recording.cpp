#include "model/recording.h"

#include <algorithm>

namespace rusage_bpf {

std::optional<double> accounted_cpu(const Outcome &outcome) {
  const Values &kernel = outcome.audit.kernel.value;
  const std::uint64_t kernel_ns = kernel[RUSAGE_user] + kernel[RUSAGE_system];
  const bool all_rows = outcome.rows_overwritten == 0 && outcome.audit.rows_damaged == 0;
  if (kernel_ns == 0 || !all_rows) return std::nullopt;
  const std::uint64_t rows_ns = outcome.totals[RUSAGE_user] + outcome.totals[RUSAGE_system];
  const std::uint64_t unwaited_ns = outcome.audit.unwaited ? outcome.audit.unwaited->cpu_ns : 0;
  const double share = static_cast<double>(rows_ns - std::min(rows_ns, unwaited_ns)) / static_cast<double>(kernel_ns);
  // A process uses a little CPU time after it was reaped. Much more time must be from other processes.
  constexpr double max_share = 1.05;
  constexpr std::uint64_t little_ns = 5'000'000;
  const bool comparable = outcome.audit.unwaited || share <= max_share || rows_ns - kernel_ns <= little_ns;
  return comparable ? std::optional(share) : std::nullopt;
}

void complete_peak(const Recording &recording, Outcome &outcome) {
  const bool was_known = outcome.rss_at_least.has_value();
  const bool of_command = recording.target == TargetKind::command;
  outcome.rss_at_least =
      std::max(outcome.rss_at_least,
               peak_rss_at_least(outcome.totals, was_known || !of_command ? std::vector<Command>() : outcome.commands));
}

std::optional<std::uint64_t> peak_rss_at_least(const Totals &totals, const std::vector<Command> &commands) {
  std::optional<std::uint64_t> peak;
  if (totals.known(RUSAGE_rss)) peak = totals[RUSAGE_rss];
  for (const Command &command : commands) peak = std::max(peak, command.peak_rss);
  return peak;
}

}  // namespace rusage_bpf
