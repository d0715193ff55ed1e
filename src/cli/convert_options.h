// rusage-bpf convert: its options.
#pragma once

#include <string>
#include <vector>

#include "cli/arguments.h"
#include "os/error.h"

namespace rusage_bpf {

struct ConvertOptions {
  std::string input;                 // "-": standard input
  std::vector<std::string> outputs;  // at least one
  bool csv_meta = false;
  // For `report`: no page or no recording was given.
  bool default_page = false;
  bool default_input = false;

  std::string print;  // set if only this is to be printed: help
};

Result<ConvertOptions> parse_convert(Arguments arguments);

}  // namespace rusage_bpf
