// Signals as something to read from, instead of handlers that interrupt.
#pragma once

#include <sys/signalfd.h>

#include <initializer_list>
#include <optional>

#include "os/error.h"
#include "os/fd.h"

namespace rusage_bpf {

class SignalQueue {
 public:
  // From now on these signals no longer act on us by themselves. Ours alone: call it after forking.
  static Result<SignalQueue> open(std::initializer_list<int> signals);

  [[nodiscard]] int fd() const { return fd_.get(); }
  // The next signal that has come, if any.
  std::optional<signalfd_siginfo> next();

 private:
  explicit SignalQueue(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace rusage_bpf
