// rusage-bpf recover: from a recovery ring to outputs.
#pragma once

#include "cli/recover_options.h"
#include "os/error.h"

namespace rusage_bpf {

// The exit status: 0.
Result<int> recover(const RecoverOptions &options);

}  // namespace rusage_bpf
