// vforks TRUTH_FILE [CHILDREN]: children that borrow the root's memory, all reaped: CHILDREN by
// vfork and execve, and a tenth as many that run beside the root on a stack of their own.
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cstddef>

#include "truth.h"

namespace {

constexpr int calls = 4;
constexpr std::size_t call_bytes = 100;

pid_t vfork_noop() {
  const pid_t child = vfork();
  if (child == 0) workload::exec_noop();
  if (child < 0) workload::fail("vfork");
  return child;
}

int write_a_little(void *null) {
  const std::array<char, call_bytes> buffer{};
  const int fd = static_cast<workload::FileDescriptor *>(null)->get();
  for (int call = 0; call < calls; ++call) workload::write_once(fd, buffer.data(), buffer.size());
  _exit(0);
}

}  // namespace

int main(int argc, char **argv) {
  workload::exit_if_noop(argc, argv);
  const workload::Workload program(argc, argv, 1);
  const std::uint64_t vforks = program.count(0, 300);
  const std::uint64_t clones = vforks / 10;
  auto null = workload::open_file("/dev/null", O_WRONLY);

  for (std::uint64_t n = 0; n < vforks; ++n) workload::reap(vfork_noop());

  alignas(16) static std::array<std::byte, 64 << 10> stack;
  for (std::uint64_t n = 0; n < clones; ++n) {
    const pid_t child = clone(write_a_little, stack.data() + stack.size(), CLONE_VM | SIGCHLD, &null);
    if (child < 0) workload::fail("clone");
    workload::reap(child);
  }
  program.finish_with_truth({.forks = vforks + clones, .execs = vforks});
}
