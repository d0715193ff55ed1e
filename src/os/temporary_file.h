// A file without a name, for what has no room in memory. It is gone with its descriptor.
#pragma once

#include "os/error.h"
#include "os/fd.h"

namespace rusage_bpf {

// In $TMPDIR, /var/tmp or /tmp, the first that takes one.
Result<Fd> open_temporary_file();

}  // namespace rusage_bpf
