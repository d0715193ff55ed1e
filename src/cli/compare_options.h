// rusage-bpf compare: its options.
#pragma once

#include <string>
#include <vector>

#include "cli/arguments.h"
#include "compare/limit.h"
#include "os/error.h"

namespace rusage_bpf {

struct CompareOptions {
  std::string a;  // one of the two may be "-": standard input
  std::string b;
  std::vector<Limit> limits;
  bool json = false;
  std::string page;  // empty: none

  std::string print;  // set if only this is to be printed: help
};

Result<CompareOptions> parse_compare(Arguments arguments);

}  // namespace rusage_bpf
