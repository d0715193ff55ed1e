// leaderless: a process whose main thread has exited while two other threads are live. Writes "ready" to standard
// output when that is so. For each byte of standard input it makes one more thread and one child; each of the two
// writes 4096 bytes once. Then it writes "done". Ends with its input.
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string_view>
#include <thread>

#include "process.h"

namespace {

void write_to_null() {
  static constexpr std::array<char, 4096> bytes{};
  const auto null = workload::open_file("/dev/null", O_WRONLY);
  workload::write_once(null.get(), bytes.data(), bytes.size());
}

// The state that the kernel shows of the process is its main thread's.
bool main_thread_has_ended() {
  const auto file = workload::open_file("/proc/self/stat", O_RDONLY);
  std::array<char, 256> text{};
  if (read(file.get(), text.data(), text.size() - 1) <= 0) workload::fail("read");
  return std::string_view(text.data()).find(") Z ") != std::string_view::npos;
}

void work() {
  std::thread(write_to_null).join();
  const pid_t child = workload::fork_process();
  if (child == 0) {
    write_to_null();
    _exit(0);
  }
  workload::reap(child);
  workload::write_once(STDOUT_FILENO, "done\n", 5);
}

[[noreturn]] void live() {
  for (int look = 0; !main_thread_has_ended(); look++) {
    if (look > 60'000) workload::fail("the main thread does not end", 0);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  workload::write_once(STDOUT_FILENO, "ready\n", 6);
  char unused = 0;
  while (read(STDIN_FILENO, &unused, 1) == 1) work();
  _exit(0);
}

}  // namespace

int main() {
  std::thread([] {
    for (;;) pause();
  }).detach();
  std::thread(live).detach();
  pthread_exit(nullptr);
}
