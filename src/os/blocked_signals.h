// Blocks signals in this thread during its lifetime.
#pragma once

#include <csignal>
#include <initializer_list>

namespace rusage_bpf {

class BlockedSignals {
 public:
  // Blocks all signals, also in threads that are started during its lifetime.
  BlockedSignals() {
    sigfillset(&blocked_);
    pthread_sigmask(SIG_BLOCK, &blocked_, &before_);
  }
  BlockedSignals(std::initializer_list<int> signals) {
    sigemptyset(&blocked_);
    for (const int signal : signals) sigaddset(&blocked_, signal);
    pthread_sigmask(SIG_BLOCK, &blocked_, &before_);
  }
  ~BlockedSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  BlockedSignals(const BlockedSignals &) = delete;
  BlockedSignals &operator=(const BlockedSignals &) = delete;

 private:
  sigset_t blocked_{};
  sigset_t before_{};
};

}  // namespace rusage_bpf
