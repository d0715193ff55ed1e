// What is chosen of the recovery ring.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace rusage_bpf {

struct RingOptions {
  std::string path;                         // empty: a new file in the first place that has room
  std::uint64_t rows = 0;                   // how many are kept; 0: those of an hour, in 4 to 64 MiB
  bool sync = false;                        // every row is on the disk before the next
  std::uint64_t interval_ns = 100'000'000;  // between rows
  // Absolute paths of the outputs: where the rows go as well.
  std::vector<std::string> outputs = {};
};

}  // namespace rusage_bpf
