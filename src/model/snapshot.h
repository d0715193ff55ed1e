// What a source sees of the whole tree at one instant.
#pragma once

#include "model/column.h"

namespace rusage_bpf {

struct Snapshot {
  std::uint64_t monotonic_ns = 0;  // CLOCK_MONOTONIC, when the source began the sample
  Values value{};                  // counters since each task's fork; gauges now
  Known known;

  std::uint64_t untracked_tasks = 0;    // in the tree, but in none of the values
  std::uint64_t dying_tasks = 0;        // their counters are not final yet
  std::uint64_t pending_new_tasks = 0;  // known, but in the values of the next sample only
  std::uint64_t hidden_tasks = 0;       // alive, but in none of the values as they are not ours to report
};

}  // namespace rusage_bpf
