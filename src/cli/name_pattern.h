// Expands patterns in names of files: -o 'runs/%h-%j-%t.json'.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "os/error.h"

namespace rusage_bpf {

// The same for all files of one command line. No value has a slash.
struct NameValues {
  std::string host;   // %h
  std::string pid;    // %p
  std::string start;  // %t: 20261127T091500Z
  std::string job;    // %j: the id of the batch job, or "nojob"
};

NameValues name_values();

// `option` is for the error message. Fails if the letter after a % is not known.
Result<std::string> expand_name(std::string_view option, const std::string &pattern, const NameValues &values);

// Expands all names of --output.
Result<void> expand_output_names(std::vector<std::string> &names, const NameValues &values);

}  // namespace rusage_bpf
