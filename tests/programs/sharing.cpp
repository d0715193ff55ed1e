// sharing TRUTH_FILE [CHILDREN]: CHILDREN processes that share the root's address space and as many that share its
// descriptors, all sleeping. Writes "ready" to standard output when they do, and ends them when standard input ends.
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <vector>

#include "truth.h"

namespace {

constexpr std::size_t stack_bytes = 16 << 10;

int stand_still(void *) {
  for (;;) pause();
}

}  // namespace

int main(int argc, char **argv) {
  const workload::Workload program(argc, argv, 1);
  const std::uint64_t each = program.count(0, 3);
  std::vector<std::array<std::byte, stack_bytes>> stacks(2 * each);
  std::vector<pid_t> children;
  for (auto &stack : stacks) {
    const int shared = children.size() < each ? CLONE_VM : CLONE_FILES;
    children.push_back(clone(stand_still, stack.data() + stack.size(), shared | SIGCHLD, nullptr));
    if (children.back() < 0) workload::fail("clone");
  }
  workload::write_once(STDOUT_FILENO, "ready\n", 6);
  char unused = 0;
  while (read(STDIN_FILENO, &unused, 1) > 0) continue;
  for (const pid_t child : children) {
    if (kill(child, SIGKILL) != 0 || waitpid(child, nullptr, 0) != child) workload::fail("a child");
  }
  program.finish_with_truth({.forks = 2 * each});
}
