// Memory and descriptors from /proc, for kernels with unknown memory counters.
#pragma once

#include <cstdint>
#include <span>

#include "model/snapshot.h"

namespace rusage_bpf {

// Adds to `snapshot` what /proc/PID/statm and /proc/PID/fd say of each process. One that is gone
// adds nothing; what processes share counts once for each of them, as /proc does not tell.
void add_proc_gauges(std::span<const std::uint64_t> pids, Snapshot &snapshot);

}  // namespace rusage_bpf
