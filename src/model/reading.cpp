#include "model/reading.h"

#include <algorithm>

namespace rusage_bpf {

std::uint64_t at_least_zero(std::uint64_t sum) {
  return static_cast<std::int64_t>(sum) < 0 ? 0 : sum;
}

std::uint64_t user_part(const rusage_cpu_time &cpu) {
  const std::uint64_t run = at_least_zero(cpu.run);
  const auto user = static_cast<double>(at_least_zero(cpu.user_ticks));
  const auto system = static_cast<double>(at_least_zero(cpu.system_ticks));
  if (system == 0) return run;
  return std::min(run, static_cast<std::uint64_t>(static_cast<double>(run) * (user / (user + system))));
}

}  // namespace rusage_bpf
