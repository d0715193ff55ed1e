// children TRUTH_FILE [CHILDREN]: short-lived children with some CPU time and I/O, all reaped.
#include <fcntl.h>

#include <array>

#include "truth.h"

namespace {

constexpr std::uint64_t most_alive = 4;
constexpr std::uint64_t child_cpu_ns = 2'000'000;
constexpr int calls = 16;  // of each direction
constexpr std::size_t call_bytes = 4096;

}  // namespace

int main(int argc, char **argv) {
  const workload::Workload program(argc, argv, 1);
  const std::uint64_t children = program.count(0, 1000);
  const auto zero = workload::open_file("/dev/zero", O_RDONLY);
  const auto null = workload::open_file("/dev/null", O_WRONLY);

  workload::run_children(children, most_alive, [&](std::uint64_t) {
    workload::burn_cpu(CLOCK_PROCESS_CPUTIME_ID, child_cpu_ns);
    std::array<char, call_bytes> buffer;
    for (int call = 0; call < calls; ++call) {
      workload::read_once(zero.get(), buffer.data(), buffer.size());
      workload::write_once(null.get(), buffer.data(), buffer.size());
    }
  });
  program.finish_with_truth({.forks = children});
}
