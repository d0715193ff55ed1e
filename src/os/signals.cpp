#include "os/signals.h"

#include <csignal>

namespace rusage_bpf {

Result<SignalQueue> SignalQueue::open(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) sigaddset(&set, signal);
  if (sigprocmask(SIG_BLOCK, &set, nullptr) != 0) return errno_error("blocking signals");
  // Inherited as ignored, they would not even be queued.
  for (const int signal : signals)
    if (std::signal(signal, SIG_DFL) == SIG_ERR) return errno_error("resetting signals");
  Fd fd(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd) return errno_error("making a signal queue");
  return SignalQueue(std::move(fd));
}

std::optional<signalfd_siginfo> SignalQueue::next() {
  signalfd_siginfo info{};
  if (read(fd_.get(), &info, sizeof(info)) != sizeof(info)) return std::nullopt;
  return info;
}

}  // namespace rusage_bpf
