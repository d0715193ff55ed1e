// SIGBUS, which cannot be blocked and read as other signals are: a fault would end us at once then. A fault goes to the
// fault handler; a signal that a process sent goes to a pipe.
#pragma once

#include <cstddef>

#include "os/error.h"
#include "os/fd.h"

namespace rusage_bpf {

// Whether it has mended the fault at that address. Called in a signal handler: no more than what signal-safety(7)
// allows.
using MendFault = bool (*)(const std::byte *address);
Result<void> handle_faults(MendFault mend);

// From now on a SIGBUS that is sent to us is to be read here, as one siginfo_t. One at a time: the last one that asked.
Result<Fd> take_sent_bus_signals();

// For a child that is about to execute something: SIGBUS is ignored again if it was when we were started.
void restore_bus_signal();

}  // namespace rusage_bpf
