#include "model/wait_account.h"

#include <utility>

namespace rusage_bpf {

WaitAccount *WaitAccount::holder() {
  if (!reaper_) return this;
  // Skips a process that was reaped itself, so that the next search is shorter.
  while (reaper_->reaper_) reaper_ = reaper_->reaper_;
  return reaper_.get();
}

void WaitAccount::pass_to(const std::shared_ptr<WaitAccount> &reaper) {
  if (reaper_ || reaper->holder() == this) return;
  reaper->add(std::exchange(cpu_ns_, 0));
  reaper_ = reaper->reaper_ ? reaper->reaper_ : reaper;
}

}  // namespace rusage_bpf
