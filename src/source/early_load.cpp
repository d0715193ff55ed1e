#include "source/early_load.h"

#include <system_error>

#include "os/blocked_signals.h"
#include "probe/checks.h"

namespace rusage_bpf {

EarlyLoad EarlyLoad::begin(const Selection &selection, const BpfOptions &way) {
  EarlyLoad load;
  if (bpf_kills()) return load;
  // The kernel stops checking a program when a signal arrives.
  const BlockedSignals blocked;
  try {
    load.kernel_ = std::async(std::launch::async, [selection, way] { return load_kernel(selection, way); });
  } catch (const std::system_error &) {
    // There is a limit of threads.
  }
  return load;
}

}  // namespace rusage_bpf
