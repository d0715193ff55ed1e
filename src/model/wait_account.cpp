#include "model/wait_account.h"

#include <utility>

namespace rusage_bpf {

WaitAccount *WaitAccount::holder() {
  if (!waiter_) return this;
  // Each step is made shorter for the next time.
  while (waiter_->waiter_) waiter_ = waiter_->waiter_;
  return waiter_.get();
}

void WaitAccount::pass_to(const std::shared_ptr<WaitAccount> &waiter) {
  if (waiter_ || waiter->holder() == this) return;
  waiter->add(std::exchange(cpu_ns_, 0));
  waiter_ = waiter->waiter_ ? waiter->waiter_ : waiter;
}

}  // namespace rusage_bpf
