// rusage-bpf convert: what the user asked for.
#pragma once

#include <string>
#include <vector>

#include "cli/arguments.h"
#include "os/error.h"

namespace rusage_bpf {

struct ConvertOptions {
  std::string input;                 // "-" is standard input
  std::vector<std::string> outputs;  // at least one
  bool csv_meta = false;
  // A report without a given page or recording.
  bool default_page = false;
  bool default_input = false;

  std::string print;  // set where this is to be printed instead: help
};

Result<ConvertOptions> parse_convert(Arguments arguments);

}  // namespace rusage_bpf
