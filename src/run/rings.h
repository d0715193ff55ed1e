// rusage-bpf recover without a ring: which there are, and the removal of those that are of no use any more.
#pragma once

#include <cstdint>
#include <optional>

#include "os/error.h"

namespace rusage_bpf {

// Prints the rings that there are.
Result<void> list_rings();

// Removes the rings without rows, those whose rows a document holds, and those whose last row is older than asked.
// Prints which. Never one that is being recorded to.
Result<void> prune_rings(std::optional<std::uint64_t> older_than_ns);

}  // namespace rusage_bpf
