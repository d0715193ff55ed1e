// running_storm BOARD_FILE [WORKERS [CPU_US [STAY_EVERY]]]: a fork storm that can be recorded while it runs. Each
// worker forks one child after the other; a child makes one write, uses CPU_US of CPU time and ends. Each STAY_EVERYth
// child stays instead, with a thread. The file, as large as a Board, tells what happens and when to stop; see
// running_storm.h.
#include "running_storm.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <thread>
#include <vector>

#include "process.h"

namespace {

constexpr std::uint64_t most_staying = 1000;  // of each worker
constexpr std::uint64_t longest_ns = 300'000'000'000;

workload::Board &map_board(const char *path) {
  const auto file = workload::open_file(path, O_RDWR);
  void *memory = mmap(nullptr, sizeof(workload::Board), PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  if (memory == MAP_FAILED) workload::fail("mmap");
  return *static_cast<workload::Board *>(memory);
}

std::uint64_t number(int argc, char **argv, int index, std::uint64_t fallback) {
  return argc > index ? std::strtoull(argv[index], nullptr, 10) : fallback;
}

void rest() {
  std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

// If `parent` dies too early, no process of the storm may stay.
void end_with(pid_t parent) {
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) workload::fail("prctl");
  if (getppid() != parent) _exit(1);  // without a message, which would be an uncounted write
}

[[noreturn]] void stay(workload::Board &board) {
  std::thread([] {
    for (;;) pause();
  }).detach();
  ++board.staying;
  for (;;) pause();
}

class Worker {
 public:
  Worker(workload::Board &board, std::uint64_t cpu_ns, std::uint64_t stay_every)
      : board_(board), cpu_ns_(cpu_ns), stay_every_(stay_every) {}

  void run() {
    const std::uint64_t end_ns = workload::clock_ns(CLOCK_MONOTONIC) + longest_ns;
    for (std::uint64_t n = 1; board_.stop == 0; ++n) {
      if (workload::clock_ns(CLOCK_MONOTONIC) > end_ns) workload::fail("nobody stops the storm", 0);
      if (board_.hold != 0) {
        stand_still();
      } else if (stay_every_ != 0 && n % stay_every_ == 0 && staying_.size() < most_staying) {
        staying_.push_back(make_child([this] { stay(board_); }));
        ++board_.to_stay;
      } else {
        workload::reap(make_child([this] { work(); }));
      }
    }
    for (const pid_t child : staying_) kill(child, SIGTERM);
    for (const pid_t child : staying_) workload::reap(child);
  }

 private:
  template <typename Body>
  pid_t make_child(Body body) {
    const pid_t parent = getpid();
    const pid_t child = workload::fork_process();
    if (child == 0) {
      end_with(parent);
      body();
      _exit(0);
    }
    ++board_.forks;
    return child;
  }

  void work() {
    static constexpr std::array<char, workload::Board::write_bytes> bytes{};
    ++board_.begun;
    workload::write_once(null_.get(), bytes.data(), bytes.size());
    ++board_.done;
    workload::burn_cpu(CLOCK_PROCESS_CPUTIME_ID, cpu_ns_);
  }

  void stand_still() {
    ++board_.held;
    while (board_.hold != 0 && board_.stop == 0) rest();
    --board_.held;
  }

  workload::Board &board_;
  std::uint64_t cpu_ns_;
  std::uint64_t stay_every_;
  workload::FileDescriptor null_ = workload::open_file("/dev/null", O_WRONLY);
  std::vector<pid_t> staying_;
};

}  // namespace

int main(int argc, char **argv) {
  if (argc < 2) workload::fail("usage: running_storm BOARD_FILE [WORKERS [CPU_US [STAY_EVERY]]]", 0);
  workload::Board &board = map_board(argv[1]);
  const std::uint64_t workers = number(argc, argv, 2, 2);
  const std::uint64_t cpu_ns = number(argc, argv, 3, 1000) * 1000;
  const std::uint64_t stay_every = number(argc, argv, 4, 0);
  // A child that stays ends as one that ends by itself.
  signal(SIGTERM, [](int) { _exit(0); });

  const pid_t root = getpid();
  workload::run_children(workers, workers, [&](std::uint64_t) {
    end_with(root);
    ++board.forks;
    Worker(board, cpu_ns, stay_every).run();
  });
}
