// leaves_orphans COUNT: that many times, a child that forks a process and ends at once; what it has forked lives for 2
// ms more, and is an orphan by then. Ends when all children have.
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
