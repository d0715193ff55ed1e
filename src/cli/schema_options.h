// rusage-bpf schema: its options.
#pragma once

#include <string>

#include "cli/arguments.h"
#include "os/error.h"

namespace rusage_bpf {

struct SchemaOptions {
  std::string print;  // set if only this is to be printed: help
};

Result<SchemaOptions> parse_schema(Arguments arguments);

}  // namespace rusage_bpf
