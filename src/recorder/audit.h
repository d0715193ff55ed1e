// What the recorder knows of itself and of the kernel at the end of a recording.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "model/recording.h"
#include "source/source.h"

namespace rusage_bpf {

// With the recorder's own CPU time, to which that of the kernel's clock is added, and its peak of memory.
Audit audit(const KernelTotal &kernel, const Losses &losses, const MissedEvents &missed, std::uint64_t clock_cpu_ns);

// The peak of resident memory, by rows, by commands, and by the kernel where that is not the recorder's own.
std::optional<std::uint64_t> rss_at_least(const Totals &totals, const std::vector<Command> &commands,
                                          const Audit &audit);

}  // namespace rusage_bpf
