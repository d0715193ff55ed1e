// thread_exec TRUTH_FILE [CHILDREN]: children whose second thread execs: it takes over the pid, and
// the first thread, until then the leader, dies of it.
#include <unistd.h>

#include <thread>

#include "truth.h"

int main(int argc, char **argv) {
  workload::exit_if_noop(argc, argv);
  const workload::Workload program(argc, argv, 1);
  const std::uint64_t children = program.count(0, 100);

  workload::run_children(children, 1, [](std::uint64_t) {
    const std::jthread second(workload::exec_noop);
    pause();
    workload::fail("the first thread outlived the exec");
  });
  program.finish_with_truth({.forks = children, .execs = children, .threads = children});
}
