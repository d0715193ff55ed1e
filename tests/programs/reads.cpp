// reads TRUTH_FILE [READS]: one process that reads single bytes from /dev/zero.
#include <fcntl.h>

#include "truth.h"

int main(int argc, char **argv) {
  const workload::Workload program(argc, argv, 1);
  const std::uint64_t reads = program.count(0, 1'000'000);
  const auto zero = workload::open_file("/dev/zero", O_RDONLY);

  for (std::uint64_t n = 0; n < reads; ++n) {
    char byte = 0;
    workload::read_once(zero.get(), &byte, sizeof byte);
  }
  program.finish_with_truth({});
}
