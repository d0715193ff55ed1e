// SIGBUS cannot be blocked and read like other signals, because then a fault would end the process. A fault is passed
// to the fault handler, and a SIGBUS that a process sent is passed to a pipe.
#pragma once

#include <cstddef>

#include "os/error.h"
#include "os/fd.h"

namespace rusage_bpf {

// Repairs the fault at an address, or returns false. Called in a signal handler, so signal-safety(7) applies.
using RepairFault = bool (*)(const std::byte *address);
Result<void> handle_faults(RepairFault repair);

// From now on, each SIGBUS that a process sends is written to this pipe as a siginfo_t. Only the pipe of the last call
// is used.
Result<Fd> take_sent_bus_signals();

// For a child before its exec: ignores SIGBUS again if it was ignored when the recorder was started.
void restore_bus_signal();

}  // namespace rusage_bpf
