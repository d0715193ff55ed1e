// rusage-bpf report: a conversion into the page.
#pragma once

#include "cli/convert_options.h"

namespace rusage_bpf {

// The page is beside the recording unless its path is given.
Result<ConvertOptions> parse_report(Arguments arguments);

}  // namespace rusage_bpf
