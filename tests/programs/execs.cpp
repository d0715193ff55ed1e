// execs TRUTH_FILE [CHILDREN]: children that become another program, all reaped.
#include "truth.h"

int main(int argc, char **argv) {
  workload::exit_if_noop(argc, argv);
  const workload::Workload program(argc, argv, 1);
  const std::uint64_t children = program.count(0, 500);

  workload::run_children(children, 1, [](std::uint64_t) { workload::exec_noop(); });
  program.finish_with_truth({.forks = children, .execs = children});
}
