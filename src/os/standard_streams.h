// Descriptors 0, 1 and 2.
#pragma once

#include "os/error.h"

namespace rusage_bpf {

// Called before anything is opened. Otherwise a file could get the number of a closed standard descriptor, and messages
// would be written into that file. The number is reserved by a descriptor that behaves like a closed one (EBADF). The
// command does not inherit it.
void hold_closed_standard_streams();

// Fails, as a write would, if `fd` is closed or open only for reading.
Result<void> check_writable(int fd, const char *name);

}  // namespace rusage_bpf
