// rusage-bpf schema: from the options to the exit status.
#pragma once

#include "cli/schema_options.h"
#include "os/error.h"

namespace rusage_bpf {

Result<int> print_schema(const SchemaOptions &options);

}  // namespace rusage_bpf
