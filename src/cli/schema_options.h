// rusage-bpf schema: what the user asked for, which is the schema or help.
#pragma once

#include <string>

#include "cli/arguments.h"
#include "os/error.h"

namespace rusage_bpf {

struct SchemaOptions {
  std::string print;  // set where this is to be printed instead: help
};

Result<SchemaOptions> parse_schema(Arguments arguments);

}  // namespace rusage_bpf
