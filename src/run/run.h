// One run of the recorder, from the options to the exit status: opens the outputs, finds the target,
// loads the source, gives up what privileges are left, and records.
#pragma once

#include "cli/options.h"
#include "os/error.h"

namespace rusage_bpf {

// The exit status: the command's own, 0 for what ran already.
Result<int> run(const Options &options);

}  // namespace rusage_bpf
