// leaves_orphans COUNT: COUNT times, a child that forks a process and exits at once. The forked process is an orphan
// then, and runs for 2 ms more. Exits after all its children.
#include <time.h>
#include <unistd.h>

#include <cstdlib>

#include "process.h"

int main(int argc, char **argv) {
  const long count = argc > 1 ? std::strtol(argv[1], nullptr, 10) : 1;
  for (long n = 0; n < count; n++) {
    const pid_t child = workload::fork_process();
    if (child == 0) {
      if (workload::fork_process() == 0) {
        constexpr timespec moment{0, 2'000'000};
        nanosleep(&moment, nullptr);
      }
      _exit(0);
    }
    workload::reap(child);
  }
}
