// still TRUTH_FILE [PROCESSES [THREADS]]: an idle tree to record. PROCESSES children, THREADS further threads in the
// root. Child n of 0 to PROCESSES - 1 has n + 1 steps (from the 100th on they begin anew: thousands of children fit): a
// step is a descriptor on /dev/null and 16 KiB of memory more than the root has. Writes "ready" to standard output when
// all stand still, and ends them when standard input does.
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <mutex>
#include <thread>

#include "truth.h"

namespace {

constexpr std::uint64_t most_steps = 100;
constexpr std::size_t step_bytes = 16 << 10;
constexpr std::uint64_t patience_ms = 60'000;

using Count = std::atomic<std::uint64_t>;

[[noreturn]] void stand_still(std::uint64_t steps, pid_t root, Count &standing) {
  // If the root dies too early, no process of the tree may stay.
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) workload::fail("prctl");
  if (getppid() != root) workload::fail("the root is gone", 0);
  for (std::uint64_t n = 0; n < steps; ++n) workload::open_file("/dev/null", O_RDONLY).release();
  workload::map_and_touch(steps * step_bytes);
  ++standing;
  pause();
  workload::fail("woken up");
}

void await(const Count &standing, std::uint64_t expected) {
  for (std::uint64_t waited_ms = 0; standing != expected; ++waited_ms) {
    if (waited_ms > patience_ms) workload::fail("not all stand still", 0);
    if (waitpid(-1, nullptr, WNOHANG) > 0) _exit(1);  // a child that failed has said why
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

void await_end_of_input() {
  constexpr int most_reads = 1'000'000;
  char ignored[64];
  for (int n = 0; n < most_reads; ++n) {
    const ssize_t bytes = read(STDIN_FILENO, ignored, sizeof ignored);
    if (bytes < 0) workload::fail("read");
    if (bytes == 0) return;
  }
  workload::fail("standard input does not end", 0);
}

void end(pid_t child) {
  int status = 0;
  if (kill(child, SIGKILL) != 0) workload::fail("kill");
  if (waitpid(child, &status, 0) != child) workload::fail("waitpid");
  if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL) workload::fail("a child had ended", 0);
}

}  // namespace

int main(int argc, char **argv) {
  const workload::Workload program(argc, argv, 2);
  const std::uint64_t processes = program.count(0, 20);
  const std::uint64_t threads = program.count(1, 5);
  const pid_t root = getpid();
  workload::Shared<Count> standing;

  std::vector<pid_t> children;
  for (std::uint64_t n = 0; n < processes; ++n) {
    children.push_back(workload::fork_process());
    if (children.back() == 0) stand_still(n % most_steps + 1, root, *standing);
  }
  {
    std::mutex gate;
    std::vector<std::jthread> extra;
    const std::lock_guard closed(gate);
    for (std::uint64_t n = 0; n < threads; ++n) {
      extra.emplace_back([&] {
        ++*standing;
        const std::lock_guard passed(gate);
      });
    }
    await(*standing, processes + threads);
    workload::write_once(STDOUT_FILENO, "ready\n", 6);
    await_end_of_input();
  }
  for (const pid_t child : children) end(child);
  program.finish_with_truth({.forks = processes,
                             .threads = threads,
                             .further = {{"processes", processes + 1}, {"tasks", processes + 1 + threads}}});
}
