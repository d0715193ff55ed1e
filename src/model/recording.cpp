#include "model/recording.h"

namespace rusage_bpf {

std::optional<double> accounted_cpu(const Outcome &outcome) {
  const Values &kernel = outcome.audit.kernel.value;
  const std::uint64_t kernel_ns = kernel[RUSAGE_user] + kernel[RUSAGE_system];
  const bool all_rows = outcome.rows_overwritten == 0 && outcome.audit.rows_damaged == 0;
  if (kernel_ns == 0 || !all_rows) return std::nullopt;
  const std::uint64_t rows_ns = outcome.totals[RUSAGE_user] + outcome.totals[RUSAGE_system];
  return static_cast<double>(rows_ns) / static_cast<double>(kernel_ns);
}

}  // namespace rusage_bpf
