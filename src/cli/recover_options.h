// rusage-bpf recover: what the user asked for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "os/error.h"

namespace rusage_bpf {

struct RecoverOptions {
  // Which ring; none of the two: they are to be listed.
  std::string ring;
  bool last = false;  // the one that was started last

  std::vector<std::string> outputs;  // none: one of a default name
  bool csv_meta = false;
  bool follow = false;  // go on as long as it is recorded to
  bool quiet = false;

  bool prune = false;  // remove rings instead
  std::optional<std::uint64_t> older_than_ns;

  std::string print;  // set where this is to be printed instead: help
};

Result<RecoverOptions> parse_recover(Arguments arguments);

}  // namespace rusage_bpf
