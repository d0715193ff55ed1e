// The options of the recovery ring.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace rusage_bpf {

struct RingOptions {
  std::string path;                         // empty: a new file in the first default directory with enough space
  std::uint64_t rows = 0;                   // how many are kept; 0: those of one hour, in 4 to 64 MiB
  bool sync = false;                        // wait until each row is on the disk
  std::uint64_t interval_ns = 100'000'000;  // between rows
  // The absolute paths of the other outputs.
  std::vector<std::string> outputs = {};
};

}  // namespace rusage_bpf
