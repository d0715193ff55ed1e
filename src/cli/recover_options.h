// rusage-bpf recover: its options.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "os/error.h"

namespace rusage_bpf {

struct RecoverOptions {
  // Which ring. Without both, rings are listed.
  std::string ring;
  bool last = false;  // the latest recording's

  std::vector<std::string> outputs;  // none: one with a default name
  bool csv_meta = false;
  bool follow = false;  // continue while it is being recorded
  bool quiet = false;

  bool prune = false;  // remove rings
  std::optional<std::uint64_t> older_than_ns;

  std::string print;  // set if only this is to be printed: help
};

Result<RecoverOptions> parse_recover(Arguments arguments);

}  // namespace rusage_bpf
