// moves TRUTH_FILE MOVES_A_SECOND CGROUP CGROUP: four threads spin for a second and a half of CPU time, while the
// process moves from one cgroup to the other and back. The truth is its usage in each.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr long ns_per_s = 1'000'000'000;
constexpr long enough_ns = ns_per_s / 2 * 3;
constexpr int threads = 4;

long own_cpu_ns() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return time.tv_sec * ns_per_s + time.tv_nsec;
}

}  // namespace

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  const timespec pause{.tv_sec = 0, .tv_nsec = ns_per_s / std::atoi(argv[2])};
  std::array<int, 2> cgroups{};
  for (std::size_t i = 0; i < 2; i++)
    cgroups[i] = open((std::string(argv[3 + i]) + "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC);

  std::atomic<bool> over = false;
  std::vector<std::thread> spinning;
  for (int i = 1; i < threads; i++)
    spinning.emplace_back([&] {
      while (!over) continue;
    });
  std::array<long, 2> used_ns{};
  std::size_t here = 0;
  long moves = 0;
  if (write(cgroups[here], "0", 1) != 1) return 1;
  const long begin_ns = own_cpu_ns();
  for (long before_ns = begin_ns; before_ns < begin_ns + enough_ns; moves++) {
    nanosleep(&pause, nullptr);
    if (write(cgroups[1 - here], "0", 1) != 1) return 1;
    const long now_ns = own_cpu_ns();
    used_ns[here] += now_ns - before_ns;
    before_ns = now_ns;
    here = 1 - here;
  }
  const long before_ns = own_cpu_ns();
  over = true;
  for (std::thread &thread : spinning) thread.join();
  used_ns[here] += own_cpu_ns() - before_ns;
  std::ofstream(argv[1]) << "{\"moves\": " << moves << ", \"used_ns\": [" << used_ns[0] << ", " << used_ns[1] << "]}\n";
}
