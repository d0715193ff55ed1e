// One run of the recorder, from the options to the exit status: opens the outputs, the target and the source, gives up
// privileges, and records.
#pragma once

#include "cli/options.h"
#include "os/error.h"

namespace rusage_bpf {

// Returns the exit status: that of the command, or 0 without a command.
Result<int> run(const Options &options);

}  // namespace rusage_bpf
