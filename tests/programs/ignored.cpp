// ignored TRUTH_FILE [CHILDREN]: children of a parent that ignores SIGCHLD: the kernel reaps them, and their usage is
// in no process's rusage.
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>

#include "truth.h"

namespace {

constexpr std::uint64_t most_alive = 4;
constexpr std::uint64_t child_cpu_ns = 1'000'000;

}  // namespace

int main(int argc, char **argv) {
  const workload::Workload program(argc, argv, 1);
  const std::uint64_t children = program.count(0, 300);
  workload::Shared<workload::Unreaped> unreaped;
  if (signal(SIGCHLD, SIG_IGN) == SIG_ERR) workload::fail("signal");

  for (std::uint64_t begun = 0; begun < children; begun += most_alive) {
    for (std::uint64_t n = 0; n < std::min(most_alive, children - begun); ++n) {
      if (workload::fork_process() != 0) continue;
      workload::burn_cpu(CLOCK_PROCESS_CPUTIME_ID, child_cpu_ns);
      unreaped->report_and_exit();
    }
    // Returns when the last child is gone, and always with this error.
    if (wait(nullptr) != -1 || errno != ECHILD) workload::fail("wait");
  }
  if (unreaped->processes != children) workload::fail("a child has not reported", 0);
  program.finish_with_truth({.forks = children, .self_reaped_processes = children}, *unreaped);
}
