// A file without a name, for data that is too large for memory. It is removed with its descriptor.
#pragma once

#include "os/error.h"
#include "os/fd.h"

namespace rusage_bpf {

// In the first of $TMPDIR, /var/tmp and /tmp that works.
Result<Fd> open_temporary_file();

}  // namespace rusage_bpf
