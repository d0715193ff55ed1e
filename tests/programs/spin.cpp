// spin TRUTH_FILE [SECONDS]: computes on one CPU for SECONDS of real time. It reads the clock through the vDSO: until
// the end it makes no system call.
#include "truth.h"

int main(int argc, char **argv) {
  const workload::Workload program(argc, argv, 1);
  const auto length_ns = static_cast<std::uint64_t>(program.seconds(0, 2) * 1e9);

  const std::uint64_t end_ns = workload::clock_ns(CLOCK_MONOTONIC) + length_ns;
  while (workload::clock_ns(CLOCK_MONOTONIC) < end_ns) continue;
  program.finish_with_truth({});
}
