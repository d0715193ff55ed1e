#pragma once

#include <sys/types.h>
#include <time.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <functional>

// What the workloads do to themselves: processes, CPU time, memory. Every function either does what
// it says or ends the process through fail().
namespace workload {

// Ends the process with exit status 1 and one line on standard error: `what` and the meaning of
// `error`, an errno value, where it is not 0. Allocates nothing: a vfork child may call it too.
[[noreturn]] void fail(const char *what, int error = errno);

// An open file descriptor, closed with the object.
class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor &&other) noexcept : fd_(other.release()) {}
  FileDescriptor &operator=(FileDescriptor &&) = delete;
  ~FileDescriptor();

  int get() const { return fd_; }
  // Gives the descriptor up without closing it.
  int release();

 private:
  int fd_;
};

// Opens with O_CLOEXEC added to `flags`; a file that is created gets mode 0644.
FileDescriptor open_file(const char *path, int flags);

// One read(2) or write(2) that moves `bytes` bytes, no fewer.
void read_once(int fd, void *buffer, std::size_t bytes);
void write_once(int fd, const void *buffer, std::size_t bytes);

// fork(2). The result is 0 in the child.
pid_t fork_process();

// Waits for the child `pid` (-1: any) and requires that it exited with status 0.
void reap(pid_t pid);

// Forks `count` children, never more than `at_once` alive, and reaps them all. Child n of 0 to
// count - 1 runs body(n) and exits with status 0.
void run_children(std::uint64_t count, std::uint64_t at_once, const std::function<void(std::uint64_t)> &body);

// The time of `clock` in nanoseconds.
std::uint64_t clock_ns(clockid_t clock);

// Computes until `clock`, a CPU-time clock, has advanced by `cpu_ns` nanoseconds.
void burn_cpu(clockid_t clock, std::uint64_t cpu_ns);

// Maps `bytes` of anonymous memory in small pages, writes to each page and leaves it mapped.
void map_and_touch(std::size_t bytes);

// Replaces the program by itself with the one argument at which exit_if_noop() ends it.
[[noreturn]] void exec_noop();
void exit_if_noop(int argc, char **argv);

}  // namespace workload
