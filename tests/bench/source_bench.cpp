// What the sources cost, printed as one JSON object on standard output:
//   source_bench load                    opening and loading, in milliseconds
//   source_bench tick TRACKED OTHERS     one sample of a tree of TRACKED sleeping processes, while
//                                        OTHERS of another tree sleep beside it, in microseconds
//   source_bench proc TRACKED OTHERS     the same by /proc
//   source_bench proc_running            the same for one process that runs
//   source_bench wake INTERVAL_S         the CPU time, for each deadline, of a loop that only sleeps until the next
// Medians; every figure is of this process alone.
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <string_view>
#include <vector>

#include "bench/median.h"
#include "os/clock.h"
#include "source/bpf_source.h"
#include "source/proc_source.h"

namespace {

using rusage_bpf::BpfSource;
using rusage_bpf::median_ns;
using rusage_bpf::ProcSource;
using rusage_bpf::Source;
namespace selected = rusage_bpf::selected;

[[noreturn]] void fail(std::string_view what) {
  fmt::print(stderr, "source_bench: {}\n", what);
  std::exit(1);
}

// A process with children that sleep; they end with it, and it ends with the object.
class SleepingTree {
 public:
  explicit SleepingTree(int processes) {
    std::array<int, 2> go{};
    std::array<int, 2> ready{};
    if (pipe(go.data()) != 0 || pipe(ready.data()) != 0) fail("pipe");
    pid_ = fork();
    if (pid_ < 0) fail("fork");
    if (pid_ == 0) grow(processes, go[0], ready[1]);
    go_ = go[1];
    ready_ = ready[0];
  }
  ~SleepingTree() { kill(-pid_, SIGKILL); }
  SleepingTree(const SleepingTree &) = delete;
  SleepingTree &operator=(const SleepingTree &) = delete;

  [[nodiscard]] pid_t root() const { return pid_; }

  void start() const {
    char byte = 1;
    if (write(go_, &byte, 1) != 1 || read(ready_, &byte, 1) != 1) fail("the tree did not start");
    usleep(200'000);  // the last one falls asleep
  }

 private:
  [[noreturn]] static void grow(int processes, int go, int ready) {
    setpgid(0, 0);
    // Even where a failure ends us without the object's end.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    char byte = 0;
    if (read(go, &byte, 1) != 1) _exit(1);
    for (int i = 1; i < processes; i++) {
      const pid_t child = fork();
      if (child < 0) _exit(1);
      if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        break;
      }
      if (i + 1 == processes && write(ready, &byte, 1) != 1) _exit(1);
    }
    if (processes == 1 && write(ready, &byte, 1) != 1) _exit(1);
    for (;;) pause();
  }

  pid_t pid_ = -1;
  int go_ = -1;
  int ready_ = -1;
};

// Each time as if it were the first: the kernel takes a while to let go of what the one before has loaded,
// and makes who attaches to the same events wait for that.
void bench_load() {
  std::vector<std::uint64_t> took_ns;
  for (int i = 0; i < 21; i++) {
    usleep(200'000);
    const std::uint64_t start_ns = rusage_bpf::monotonic_ns();
    const auto source = BpfSource::open(selected::Command{});
    took_ns.push_back(rusage_bpf::monotonic_ns() - start_ns);
    if (!source) fail("loading");
  }
  const double load_ns = rusage_bpf::median(took_ns);
  fmt::print("{{\"load_ms\": {:.1f}}}\n", load_ns / 1e6);
}

void bench_samples(Source &source, int tracked, int others, int count) {
  std::optional<SleepingTree> beside;
  if (others > 0) beside.emplace(others).start();
  const double sample_ns = median_ns(count, [&] { static_cast<void>(source.sample()); });
  const auto last = source.sample();
  if (!last || last->snapshot.value[RUSAGE_pid_count] != static_cast<std::uint64_t>(tracked))
    fail("not all are tracked");
  fmt::print("{{\"look_us\": {:.2f}}}\n", sample_ns / 1e3);
}

void bench_tick(int tracked, int others) {
  const SleepingTree tree(tracked);
  auto source = BpfSource::open(selected::Command{.pid = tree.root()});
  if (!source || !(*source)->track()) fail("loading");
  tree.start();
  bench_samples(**source, tracked, others, 2001);
}

void bench_proc(int tracked, int others) {
  const SleepingTree tree(tracked);
  tree.start();
  auto source = ProcSource::open(selected::Tree{.pid = tree.root()});
  if (!source || !(*source)->track()) fail("tracking");
  usleep(20'000);  // so that it is known to be idle
  bench_samples(**source, tracked, others, 101);
}

void bench_proc_running() {
  const pid_t child = fork();
  if (child < 0) fail("fork");
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (volatile int turns = 0;;) turns = turns + 1;
  }
  auto source = ProcSource::open(selected::Tree{.pid = child});
  if (!source || !(*source)->track()) fail("tracking");
  // It is running, so each poll reads all of it.
  const double sample_ns = median_ns(101, [&] { static_cast<void>((*source)->sample()); });
  kill(child, SIGKILL);
  fmt::print("{{\"look_us\": {:.2f}}}\n", sample_ns / 1e3);
}

void bench_wake(double interval_s) {
  constexpr double seconds = 2;
  const auto interval_ns = static_cast<std::uint64_t>(interval_s * 1e9);
  const auto deadlines = static_cast<std::uint64_t>(seconds / interval_s);
  const auto cpu_ns = [] {
    timespec used{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return static_cast<std::uint64_t>(used.tv_sec) * rusage_bpf::ns_per_s + static_cast<std::uint64_t>(used.tv_nsec);
  };
  const std::uint64_t start_ns = rusage_bpf::monotonic_ns();
  const std::uint64_t before_ns = cpu_ns();
  for (std::uint64_t i = 1; i <= deadlines; i++) {
    const std::uint64_t due_ns = start_ns + i * interval_ns;
    const timespec due{.tv_sec = static_cast<time_t>(due_ns / rusage_bpf::ns_per_s),
                       .tv_nsec = static_cast<long>(due_ns % rusage_bpf::ns_per_s)};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, nullptr);
  }
  fmt::print("{{\"wake_us\": {:.2f}}}\n",
             static_cast<double>(cpu_ns() - before_ns) / static_cast<double>(deadlines) / 1e3);
}

}  // namespace

int main(int argc, char **argv) {
  const std::vector<std::string_view> arguments(argv + 1, argv + argc);
  if (arguments.size() == 1 && arguments[0] == "load")
    bench_load();
  else if (arguments.size() == 3 && arguments[0] == "tick")
    bench_tick(std::atoi(argv[2]), std::atoi(argv[3]));
  else if (arguments.size() == 1 && arguments[0] == "proc_running")
    bench_proc_running();
  else if (arguments.size() == 3 && arguments[0] == "proc")
    bench_proc(std::atoi(argv[2]), std::atoi(argv[3]));
  else if (arguments.size() == 2 && arguments[0] == "wake")
    bench_wake(std::atof(argv[2]));
  else
    fail("usage: source_bench load | tick TRACKED OTHERS | proc TRACKED OTHERS | proc_running | wake INTERVAL_S");
}
