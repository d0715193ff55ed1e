// rusage-bpf compare: from the options to the exit status.
#pragma once

#include "cli/compare_options.h"
#include "os/error.h"

namespace rusage_bpf {

// Returns the exit status: 1 if a limit fails.
Result<int> compare(const CompareOptions &options);

}  // namespace rusage_bpf
