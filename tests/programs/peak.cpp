// peak: fills 64 MiB of memory, gives it back and writes "ready" to standard output. For each byte of standard input it
// fills 128 MiB, gives that back and writes "done". Ends with its input.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>

#include "process.h"

namespace {

void fill_and_give_back(std::size_t bytes) {
  void *memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (memory == MAP_FAILED) workload::fail("mmap");
  munmap(memory, bytes);
}

}  // namespace

int main() {
  constexpr std::size_t mib = std::size_t{1} << 20;
  fill_and_give_back(64 * mib);
  workload::write_once(STDOUT_FILENO, "ready\n", 6);
  for (char unused = 0; read(STDIN_FILENO, &unused, 1) == 1;) {
    fill_and_give_back(128 * mib);
    workload::write_once(STDOUT_FILENO, "done\n", 5);
  }
}
