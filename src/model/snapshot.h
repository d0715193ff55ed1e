// The counters and gauges of the whole target at one instant.
#pragma once

#include "model/column.h"

namespace rusage_bpf {

struct Snapshot {
  std::uint64_t monotonic_ns = 0;  // CLOCK_MONOTONIC, when the source began the sample
  Values value{};                  // counters since each task's fork; gauges now
  Known known;

  std::uint64_t untracked_tasks = 0;    // tasks that are not in the values, because there was no slot
  std::uint64_t dying_tasks = 0;        // exited tasks whose counters are not final yet
  std::uint64_t pending_new_tasks = 0;  // not in these values, but in the next sample's
  std::uint64_t hidden_tasks = 0;       // live tasks that are not in the values, because the user may not trace them
};

}  // namespace rusage_bpf
