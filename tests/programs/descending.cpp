// descending [LEVELS]: a chain of processes, each the only child of the one before it, whose pids
// descend, as they may where pids have wrapped around. Writes "ready" to standard output when all
// stand, and ends with its input. Choosing pids needs root.
#include <linux/sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "process.h"

namespace {

// fork(2) into the highest free pid below the caller's.
pid_t fork_below() {
  for (pid_t pid = getpid() - 1; pid > 1; pid--) {
    clone_args arguments{};
    arguments.exit_signal = SIGCHLD;
    arguments.set_tid = reinterpret_cast<std::uintptr_t>(&pid);
    arguments.set_tid_size = 1;
    const long child = syscall(SYS_clone3, &arguments, sizeof arguments);
    if (child >= 0) return static_cast<pid_t>(child);
    if (errno != EEXIST) workload::fail("clone3");
  }
  workload::fail("no pid is free", 0);
}

void await_end_of_input() {
  char unused = 0;
  while (read(STDIN_FILENO, &unused, 1) > 0) continue;
}

// Makes the chain of `levels` processes below the calling one, and waits for its end.
void stand(int levels) {
  if (levels == 0) {
    workload::write_once(STDOUT_FILENO, "ready\n", 6);
    await_end_of_input();
    return;
  }
  const pid_t parent = getpid();
  const pid_t child = fork_below();
  if (child != 0) return workload::reap(child);
  // If the parent dies too early, no process of the chain may stay.
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent) workload::fail("the parent is gone", 0);
  stand(levels - 1);
  _exit(0);
}

}  // namespace

int main(int argc, char **argv) {
  stand(argc > 1 ? std::atoi(argv[1]) : 5);
}
