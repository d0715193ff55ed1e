// touch TRUTH_FILE [CHILDREN]: children that fill 64 MiB of memory, all reaped.
#include "truth.h"

namespace {

constexpr std::uint64_t most_alive = 2;
constexpr std::size_t child_bytes = 64 << 20;

}  // namespace

int main(int argc, char **argv) {
  const workload::Workload program(argc, argv, 1);
  const std::uint64_t children = program.count(0, 10);

  workload::run_children(children, most_alive, [](std::uint64_t) { workload::map_and_touch(child_bytes); });
  program.finish_with_truth({.forks = children});
}
