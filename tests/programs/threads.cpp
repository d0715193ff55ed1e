// threads TRUTH_FILE [THREADS]: short-lived threads of one process.
#include <algorithm>
#include <thread>
#include <vector>

#include "truth.h"

namespace {

constexpr std::uint64_t most_alive = 8;
constexpr std::uint64_t thread_cpu_ns = 200'000;

}  // namespace

int main(int argc, char **argv) {
  const workload::Workload program(argc, argv, 1);
  const std::uint64_t threads = program.count(0, 512);

  for (std::uint64_t begun = 0; begun < threads; begun += most_alive) {
    std::vector<std::jthread> alive;
    for (std::uint64_t n = 0; n < std::min(most_alive, threads - begun); ++n)
      alive.emplace_back([] { workload::burn_cpu(CLOCK_THREAD_CPUTIME_ID, thread_cpu_ns); });
  }
  program.finish_with_truth({.threads = threads});
}
