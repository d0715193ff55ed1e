// The limit of open descriptors.
#pragma once

#include <cstdint>

namespace rusage_bpf {

std::uint64_t descriptor_limit();

// Raises the limit to the hard limit, for this process and its future children. False if it was that already.
bool raise_descriptor_limit();

// Raises the limit if the recorder could run out of descriptors.
void ensure_descriptors();

}  // namespace rusage_bpf
