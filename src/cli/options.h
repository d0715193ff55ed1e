// What the user asked for, as a plain struct.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "os/error.h"

namespace rusage_bpf {

struct Options {
  std::uint64_t interval_ns = 100'000'000;
  std::vector<std::string> outputs;  // at least one
  bool quiet = false;
  // The ways of other kernels, on one that has better ones: for tests.
  bool count_at_last_switch = false;
  bool gauges_from_proc = false;
  std::vector<std::string> command;

  // Set where something is to be printed instead of recorded: help or version.
  std::string print;
};

Result<Options> parse_options(int argc, const char *const *argv);

}  // namespace rusage_bpf
