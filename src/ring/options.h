// What the user may choose of the recovery ring.
#pragma once

#include <cstdint>
#include <string>

namespace rusage_bpf {

struct RingOptions {
  std::string path;        // empty: a new file in the user's ring directory
  std::uint64_t rows = 0;  // how many are kept; 0: as many as 64 MiB hold, 2^20 at most
  bool sync = false;       // every row is on the disk before the next
};

}  // namespace rusage_bpf
