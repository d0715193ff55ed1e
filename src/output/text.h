// Numbers as text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rusage_bpf {

// "1.21 GiB"; exact below 1 KiB: "912 B".
std::string human_bytes(std::uint64_t bytes);

// "1 234 567".
std::string human_count(std::uint64_t count);

// A figure of a column with this unit: "12.345 s", "1.21 GiB", "1 234".
std::string figure_text(std::uint64_t figure, std::string_view unit);

}  // namespace rusage_bpf
