// Descriptors 0, 1 and 2.
#pragma once

#include "os/error.h"

namespace rusage_bpf {

// To be called before anything is opened. A standard descriptor that is closed would otherwise become one of our own
// files, which then gets our messages. It is held by a placeholder that behaves like a closed one (EBADF) and does not
// pass to the command, which finds it closed.
void hold_closed_standard_streams();

// Fails as a write would where `fd` is closed, or open for reading alone.
Result<void> check_writable(int fd, const char *name);

}  // namespace rusage_bpf
