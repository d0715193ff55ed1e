// How many descriptors this process may have open.
#pragma once

#include <cstdint>

namespace rusage_bpf {

std::uint64_t descriptor_limit();

// Takes as many as the hard limit allows, for this process and those that it starts from here on. False where it had
// them.
bool raise_descriptor_limit();

// The same where there are so few that a recorder could run out of them.
void ensure_descriptors();

}  // namespace rusage_bpf
