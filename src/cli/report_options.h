// rusage-bpf report: converts to a page.
#pragma once

#include "cli/convert_options.h"

namespace rusage_bpf {

// Without a given path, the page is in the recording's directory.
Result<ConvertOptions> parse_report(Arguments arguments);

}  // namespace rusage_bpf
