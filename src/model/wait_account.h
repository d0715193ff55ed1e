// The CPU time of a process and its reaped descendants, as in the kernel's own totals: the kernel adds the usage of a
// reaped process to its reaper.
#pragma once

#include <cstdint>
#include <memory>

namespace rusage_bpf {

class WaitAccount {
 public:
  // Adds CPU time of the process. This may come after the process was reaped.
  void add(std::uint64_t cpu_ns) { holder()->cpu_ns_ += cpu_ns; }

  // `reaper` has reaped the process: all CPU time of the process, also what is added later, belongs to it.
  void pass_to(const std::shared_ptr<WaitAccount> &reaper);

  // The CPU time of the process and of all processes that it reaped; 0 if it was reaped itself.
  [[nodiscard]] std::uint64_t cpu_ns() const { return cpu_ns_; }

 private:
  WaitAccount *holder();

  std::shared_ptr<WaitAccount> reaper_;
  std::uint64_t cpu_ns_ = 0;
};

}  // namespace rusage_bpf
