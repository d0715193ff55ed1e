// CPU time as the kernel's own totals hold it: that of a process goes to the one that waits for it.
#pragma once

#include <cstdint>
#include <memory>

namespace rusage_bpf {

class WaitAccount {
 public:
  // Some of what the process has used. It may come when the process was waited for already.
  void add(std::uint64_t cpu_ns) { holder()->cpu_ns_ += cpu_ns; }

  // The process was waited for: what it has used, and what it will, is with `waiter`.
  void pass_to(const std::shared_ptr<WaitAccount> &waiter);

  // What the process and all that it has waited for have used; 0 where it was waited for itself.
  [[nodiscard]] std::uint64_t cpu_ns() const { return cpu_ns_; }

 private:
  WaitAccount *holder();

  std::shared_ptr<WaitAccount> waiter_;
  std::uint64_t cpu_ns_ = 0;
};

}  // namespace rusage_bpf
