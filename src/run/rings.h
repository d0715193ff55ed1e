// rusage-bpf recover without a ring: lists rings, and removes those that are not needed.
#pragma once

#include <cstdint>
#include <optional>

#include "os/error.h"

namespace rusage_bpf {

// Prints all rings.
Result<void> list_rings();

// Removes rings without rows, rings whose rows are in a document, and rings whose last row is too old. Prints which.
// Never removes a ring with a running recorder.
Result<void> prune_rings(std::optional<std::uint64_t> older_than_ns);

}  // namespace rusage_bpf
