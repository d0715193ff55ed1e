#include "os/bus_signal.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>

namespace rusage_bpf {
namespace {

// Used by the handler. The end of the pipe stays open, because a handler in another thread may be using it.
std::atomic<RepairFault> repair_fault = nullptr;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
std::atomic<int> sent_signals = -1;               // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
std::atomic<bool> was_ignored = false;            // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
static_assert(std::atomic<RepairFault>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

// If the fault is not repaired, the default action is restored, and the instruction faults again.
void on_bus_signal(int, siginfo_t *info, void *) {
  const int kept_errno = errno;
  const bool is_fault = info->si_code > 0;
  const RepairFault repair = repair_fault;
  const int pipe = sent_signals;
  const bool handled = is_fault ? repair && repair(static_cast<const std::byte *>(info->si_addr))
                                : pipe >= 0 && write(pipe, info, sizeof(*info)) >= 0;
  if (!handled && (is_fault || pipe < 0)) {
    static_cast<void>(signal(SIGBUS, SIG_DFL));
    if (!is_fault) static_cast<void>(raise(SIGBUS));
  }
  errno = kept_errno;
}

Result<void> handle_bus_signals() {
  struct sigaction action {};
  struct sigaction before {};
  action.sa_sigaction = on_bus_signal;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  sigemptyset(&action.sa_mask);
  if (sigaction(SIGBUS, &action, &before) != 0) return errno_error("handling SIGBUS");
  if ((before.sa_flags & SA_SIGINFO) == 0 && before.sa_handler == SIG_IGN) was_ignored = true;
  return {};
}

}  // namespace

Result<void> handle_faults(RepairFault repair) {
  repair_fault = repair;
  return handle_bus_signals();
}

Result<Fd> take_sent_bus_signals() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return errno_error("making a pipe");
  Fd readable(ends[0]);
  if (const int before = sent_signals.exchange(ends[1]); before >= 0) close(before);
  if (auto handled = handle_bus_signals(); !handled) return tl::unexpected(handled.error());
  return readable;
}

void restore_bus_signal() {
  if (was_ignored) static_cast<void>(std::signal(SIGBUS, SIG_IGN));
}

}  // namespace rusage_bpf
