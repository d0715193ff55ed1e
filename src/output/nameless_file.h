// A temporary file that has no name, and so is gone with its descriptor.
#pragma once

#include "os/error.h"
#include "os/fd.h"

namespace rusage_bpf {

// In $TMPDIR or /var/tmp, else in /tmp, which is in memory on many systems.
Result<Fd> open_nameless_file();

}  // namespace rusage_bpf
