// rusage-bpf report: a conversion into the page.
#pragma once

#include "cli/convert_options.h"

namespace rusage_bpf {

// The page stands beside the recording unless it is told where.
Result<ConvertOptions> parse_report(Arguments arguments);

}  // namespace rusage_bpf
