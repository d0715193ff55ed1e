// nested TRUTH_FILE [LEVELS]: a chain of processes, each the only child of the one before it.
#include <unistd.h>

#include "truth.h"

namespace {

constexpr std::uint64_t level_cpu_ns = 500'000;

// Makes the chain of `levels` processes below the calling one and waits for its end.
void run_chain(std::uint64_t levels) {
  if (levels == 0) return;
  const pid_t child = workload::fork_process();
  if (child == 0) {
    workload::burn_cpu(CLOCK_PROCESS_CPUTIME_ID, level_cpu_ns);
    run_chain(levels - 1);
    _exit(0);
  }
  workload::reap(child);
}

}  // namespace

int main(int argc, char **argv) {
  const workload::Workload program(argc, argv, 1);
  const std::uint64_t levels = program.count(0, 100);

  run_chain(levels);
  program.finish_with_truth({.forks = levels});
}
