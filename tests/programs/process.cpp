#include "process.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace workload {
namespace {

constexpr const char *noop_argument = "--noop";

}  // namespace

void fail(const char *what, int error) {
  char line[256];
  const int length = std::snprintf(line, sizeof line, "%s: %s%s%s\n", program_invocation_short_name, what,
                                   error ? ": " : "", error ? strerrordesc_np(error) : "");
  const auto bytes = std::min(static_cast<std::size_t>(length), sizeof line - 1);
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, line, bytes);
  _exit(1);
}

FileDescriptor::~FileDescriptor() {
  if (fd_ >= 0) close(fd_);
}

int FileDescriptor::release() {
  const int fd = fd_;
  fd_ = -1;
  return fd;
}

FileDescriptor open_file(const char *path, int flags) {
  const int fd = open(path, flags | O_CLOEXEC, 0644);
  if (fd < 0) fail(path);
  return FileDescriptor(fd);
}

void read_once(int fd, void *buffer, std::size_t bytes) {
  const ssize_t moved = read(fd, buffer, bytes);
  if (moved != static_cast<ssize_t>(bytes)) fail("read", moved < 0 ? errno : 0);
}

void write_once(int fd, const void *buffer, std::size_t bytes) {
  const ssize_t moved = write(fd, buffer, bytes);
  if (moved != static_cast<ssize_t>(bytes)) fail("write", moved < 0 ? errno : 0);
}

pid_t fork_process() {
  const pid_t pid = fork();
  if (pid < 0) fail("fork");
  return pid;
}

void reap(pid_t pid) {
  int status = 0;
  if (waitpid(pid, &status, 0) < 0) fail("waitpid");
  // A child that failed has said why: one line is enough.
  if (WIFEXITED(status) && WEXITSTATUS(status) != 0) _exit(1);
  if (!WIFEXITED(status)) fail("a child was killed", 0);
}

void run_children(std::uint64_t count, std::uint64_t at_once, const std::function<void(std::uint64_t)> &body) {
  std::uint64_t alive = 0;
  for (std::uint64_t n = 0; n < count; ++n) {
    if (alive == at_once) {
      reap(-1);
      --alive;
    }
    if (fork_process() == 0) {
      body(n);
      _exit(0);
    }
    ++alive;
  }
  for (; alive > 0; --alive) reap(-1);
}

std::uint64_t clock_ns(clockid_t clock) {
  timespec now{};
  if (clock_gettime(clock, &now) != 0) fail("clock_gettime");
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

void burn_cpu(clockid_t clock, std::uint64_t cpu_ns) {
  // Most of the time goes to user space: reading a CPU clock is a system call.
  constexpr int work_per_look = 5'000;
  constexpr std::uint64_t most_looks = 10'000'000;
  const std::uint64_t end_ns = clock_ns(clock) + cpu_ns;
  for (std::uint64_t look = 0; look < most_looks; ++look) {
    if (clock_ns(clock) >= end_ns) return;
    for (int work = 0; work < work_per_look; ++work) asm volatile("");
  }
  fail("the CPU clock stands still", 0);
}

void map_and_touch(std::size_t bytes) {
  const auto page_bytes = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  void *start = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED) fail("mmap");
  // One fault per page, with any setting of the machine. EINVAL: a kernel without huge pages.
  if (madvise(start, bytes, MADV_NOHUGEPAGE) != 0 && errno != EINVAL) fail("madvise");
  auto *memory = static_cast<volatile char *>(start);
  for (std::size_t offset = 0; offset < bytes; offset += page_bytes) memory[offset] = 1;
}

void exec_noop() {
  const char *const argv[] = {program_invocation_short_name, noop_argument, nullptr};
  execve("/proc/self/exe", const_cast<char *const *>(argv), environ);
  fail("execve /proc/self/exe");
}

void exit_if_noop(int argc, char **argv) {
  if (argc == 2 && std::strcmp(argv[1], noop_argument) == 0) _exit(0);
}

}  // namespace workload
