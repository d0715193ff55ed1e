// The formats that can be written. An output's name tells which: `rows.json`, and `-`, `-.json` for
// standard output.
#pragma once

#include <string>

#include "os/error.h"

namespace rusage_bpf {

enum class Format { json };

// An output as the command line names it.
struct OutputName {
  Format format;
  std::string path;  // "-" is standard output
};

// `-` alone and the devices /dev/null and /dev/full are JSON. Fails with a line that lists the
// formats where the name ends in none of their extensions.
Result<OutputName> parse_output_name(const std::string &name);

}  // namespace rusage_bpf
