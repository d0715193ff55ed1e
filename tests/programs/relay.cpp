// relay PROCESSES: each process forks the next one and exits at once, so that at most two are live.
#include <unistd.h>

#include <cstdlib>

#include "process.h"

int main(int argc, char **argv) {
  const int processes = argc > 1 ? std::atoi(argv[1]) : 1000;
  for (int n = 0; n < processes; n++)
    if (workload::fork_process() != 0) _exit(0);
}
