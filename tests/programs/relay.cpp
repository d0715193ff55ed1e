// relay PROCESSES: each process makes the next one and ends at once, so that never more than two
// live, and mostly one.
#include <unistd.h>

#include <cstdlib>

#include "process.h"

int main(int argc, char **argv) {
  const int processes = argc > 1 ? std::atoi(argv[1]) : 1000;
  for (int n = 0; n < processes; n++)
    if (workload::fork_process() != 0) _exit(0);
}
