// rusage-bpf convert: from the options to the exit status.
#pragma once

#include "cli/convert_options.h"
#include "os/error.h"

namespace rusage_bpf {

Result<int> convert(const ConvertOptions &options);

}  // namespace rusage_bpf
