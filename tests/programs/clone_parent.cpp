// clone_parent TRUTH_FILE [CHILDREN]: a middle process creates children of the root, its own
// parent. The root reaps them all.
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "truth.h"

namespace {

constexpr std::uint64_t child_cpu_ns = 1'000'000;

void make_sibling() {
  const long sibling = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, nullptr, nullptr, nullptr, nullptr);
  if (sibling < 0) workload::fail("clone");
  if (sibling > 0) return;
  workload::burn_cpu(CLOCK_PROCESS_CPUTIME_ID, child_cpu_ns);
  _exit(0);
}

}  // namespace

int main(int argc, char **argv) {
  const workload::Workload program(argc, argv, 1);
  const std::uint64_t children = program.count(0, 100);

  const pid_t middle = workload::fork_process();
  if (middle == 0) {
    for (std::uint64_t n = 0; n < children; ++n) make_sibling();
    _exit(0);
  }
  // First the middle process: only then is every child there to be waited for.
  workload::reap(middle);
  for (std::uint64_t n = 0; n < children; ++n) workload::reap(-1);
  program.finish_with_truth({.forks = children + 1});
}
