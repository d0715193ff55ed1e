// orphans TRUTH_FILE [ORPHANS]: grandchildren that outlive their parent and are reaped by a process
// outside the tree. The root ends after the last of them.
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <deque>
#include <thread>

#include "truth.h"

namespace {

constexpr std::size_t most_alive = 4;
constexpr std::uint64_t orphan_cpu_ns = 1'000'000;
constexpr int patience_ms = 60'000;

struct Board {
  workload::Unreaped unreaped;
  std::atomic<pid_t> newest;           // pid of the orphan created last
  std::atomic<std::uint64_t> awaited;  // orphans whose pidfd the root holds or held
};

[[noreturn]] void live_as_orphan(Board &board, std::uint64_t n, pid_t parent) {
  const auto clock = CLOCK_MONOTONIC;
  const std::uint64_t end_ns = workload::clock_ns(clock) + patience_ms * std::uint64_t{1'000'000};
  // The orphan stays until the root holds its pidfd: later the pid might be another's.
  while (getppid() == parent || board.awaited <= n) {
    if (workload::clock_ns(clock) > end_ns) workload::fail("an orphan still has its parent", 0);
    std::this_thread::sleep_for(std::chrono::microseconds(50));
  }
  workload::burn_cpu(CLOCK_PROCESS_CPUTIME_ID, orphan_cpu_ns);
  board.unreaped.report_and_exit();
}

workload::FileDescriptor make_orphan(Board &board, std::uint64_t n) {
  const pid_t middle = workload::fork_process();
  if (middle == 0) {
    const pid_t parent = getpid();
    const pid_t orphan = workload::fork_process();
    if (orphan == 0) live_as_orphan(board, n, parent);
    board.newest = orphan;
    _exit(0);
  }
  workload::reap(middle);
  const long fd = syscall(SYS_pidfd_open, board.newest.load(), 0);
  if (fd < 0) workload::fail("pidfd_open");
  board.awaited = n + 1;
  return workload::FileDescriptor(static_cast<int>(fd));
}

void await_exit(const workload::FileDescriptor &process) {
  pollfd waited{.fd = process.get(), .events = POLLIN, .revents = 0};
  if (poll(&waited, 1, patience_ms) != 1) workload::fail("poll of an orphan");
}

}  // namespace

int main(int argc, char **argv) {
  const workload::Workload program(argc, argv, 1);
  const std::uint64_t orphans = program.count(0, 100);
  if (prctl(PR_SET_CHILD_SUBREAPER, 0) != 0) workload::fail("prctl");
  workload::Shared<Board> board;

  std::deque<workload::FileDescriptor> alive;
  for (std::uint64_t n = 0; n < orphans; ++n) {
    if (alive.size() == most_alive) {
      await_exit(alive.front());
      alive.pop_front();
    }
    alive.push_back(make_orphan(*board, n));
  }
  for (const auto &orphan : alive) await_exit(orphan);
  if (board->unreaped.processes != orphans) workload::fail("an orphan has not reported", 0);
  program.finish_with_truth({.forks = 2 * orphans}, board->unreaped);
}
