// Memory and descriptors from /proc, for kernels whose memory counters have an unknown form.
#pragma once

#include <cstdint>
#include <span>

#include "model/snapshot.h"

namespace rusage_bpf {

// Adds the values of /proc/PID/statm and /proc/PID/fd to `snapshot`, for each process that exists. What processes share
// counts once for each of them, because /proc does not show what is shared.
void add_proc_gauges(std::span<const std::uint64_t> pids, Snapshot &snapshot);

}  // namespace rusage_bpf
