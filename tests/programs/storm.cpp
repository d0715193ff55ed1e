// storm TRUTH_FILE [CHILDREN]: two processes, each on a CPU of its own, fork children that exit at
// once as fast as they can, one after the other; all reaped.
#include <sched.h>

#include <vector>

#include "truth.h"

namespace {

constexpr std::uint64_t workers = 2;

std::vector<int> allowed_cpus() {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) workload::fail("sched_getaffinity");
  std::vector<int> cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (CPU_ISSET(cpu, &allowed)) cpus.push_back(cpu);
  return cpus;
}

void pin_to(int cpu) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(cpu, &one);
  if (sched_setaffinity(0, sizeof one, &one) != 0) workload::fail("sched_setaffinity");
}

}  // namespace

int main(int argc, char **argv) {
  const workload::Workload program(argc, argv, 1);
  const std::uint64_t children = program.count(0, 4000);
  const std::vector<int> cpus = allowed_cpus();

  workload::run_children(workers, workers, [&](std::uint64_t worker) {
    if (cpus.size() >= workers) pin_to(cpus[worker]);
    const std::uint64_t share = (children + worker) / workers;
    workload::run_children(share, 1, [](std::uint64_t) {});
  });
  program.finish_with_truth({.forks = workers + children});
}
