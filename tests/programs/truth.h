#pragma once

#include <sys/mman.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <new>
#include <string_view>
#include <utility>
#include <vector>

#include "process.h"

// A workload is a program that knows what it cost. It is started as
//   WORKLOAD TRUTH_FILE [N...]
// and leaves in TRUTH_FILE a flat JSON object of numbers: what its whole process tree must have
// counted from the fork that made the workload to its end, the making of that file included.
//   syscr, syscw    read-like and write-like system calls; exact
//   rchar, wchar    bytes those calls moved; exact
//   forks ... self_reaped_processes      the members of Truth; exact
//   unreaped_cpu_us ... unreaped_involuntary      the members of Unreaped; lower bounds
namespace workload {

// What a workload did, by its own count. The workload is the process that got the arguments: the
// root of the tree.
struct Truth {
  // Processes created inside the tree; the root is not one of them.
  std::uint64_t forks = 0;
  // Successful execve calls inside the tree; the one that started the root is not one of them.
  std::uint64_t execs = 0;
  // Tasks that ended and were not their process's leader at that time: one a thread created.
  std::uint64_t threads = 0;
  // Processes that no one waited for because their parent ignored SIGCHLD.
  std::uint64_t self_reaped_processes = 0;
  // Further keys of the JSON object.
  std::vector<std::pair<std::string_view, std::uint64_t>> further = {};
};

// The sums of what the processes that are reaped by no one inside the tree reported of themselves
// at the very end. They are missing from the root's /proc/self/io and getrusage.
struct Unreaped {
  std::atomic<std::uint64_t> processes;
  std::atomic<std::uint64_t> syscr, syscw, rchar, wchar;
  // From here on lower bounds: a process goes on counting for a moment after its report.
  std::atomic<std::uint64_t> cpu_us;
  std::atomic<std::uint64_t> minor_faults;
  std::atomic<std::uint64_t> voluntary, involuntary;  // context switches

  static_assert(decltype(processes)::is_always_lock_free, "shared between processes");

  // Adds the calling process, whose last action this is, and exits with status 0.
  [[noreturn]] void report_and_exit();
};

// A T in memory shared with all processes forked later. Using it takes no system call.
template <typename T>
class Shared {
 public:
  Shared() {
    constexpr int access = PROT_READ | PROT_WRITE;
    void *memory = mmap(nullptr, sizeof(T), access, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) fail("mmap");
    object_ = new (memory) T{};
  }
  Shared(const Shared &) = delete;
  Shared &operator=(const Shared &) = delete;
  ~Shared() {
    std::destroy_at(object_);
    munmap(object_, sizeof(T));
  }

  T &operator*() { return *object_; }
  T *operator->() { return object_; }

 private:
  T *object_;
};

// The command line of a workload and the file it leaves its truth in.
class Workload {
 public:
  // Opens the truth file. More than `most_numbers` arguments after it are an error.
  Workload(int argc, char **argv, int most_numbers);

  // Argument `index` (0: the first after the truth file), or `fallback` where it is not given.
  std::uint64_t count(int index, std::uint64_t fallback) const;
  double seconds(int index, double fallback) const;

  // Leaves the truth and exits with status 0. All children must be reaped or have reported.
  [[noreturn]] void finish_with_truth(const Truth &truth) const;
  [[noreturn]] void finish_with_truth(const Truth &truth, const Unreaped &unreaped) const;

 private:
  int argc_;
  char **argv_;
  FileDescriptor truth_file_;
};

}  // namespace workload
