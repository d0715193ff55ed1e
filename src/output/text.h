// Numbers as text for people.
#pragma once

#include <cstdint>
#include <string>

namespace rusage_bpf {

// "1.21 GiB"; exact below 1 KiB: "912 B".
std::string human_bytes(std::uint64_t bytes);

// "1 234 567".
std::string human_count(std::uint64_t count);

}  // namespace rusage_bpf
