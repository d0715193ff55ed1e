// What the name of a file may hold beside itself: -o 'runs/%h-%j-%t.json'.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "os/error.h"

namespace rusage_bpf {

// Of the process that writes, and the same for all files of one command line. No value can lead out of a directory.
struct NameValues {
  std::string host;   // %h
  std::string pid;    // %p
  std::string start;  // %t: 20261127T091500Z
  std::string job;    // %j: the batch job's id, "nojob" outside of one
};

NameValues name_values();

// `option` is what the pattern was given with, for the message. Fails where what follows a % is not known.
Result<std::string> expand_name(std::string_view option, const std::string &pattern, const NameValues &values);

// Each of the names given with --output.
Result<void> expand_output_names(std::vector<std::string> &names, const NameValues &values);

}  // namespace rusage_bpf
