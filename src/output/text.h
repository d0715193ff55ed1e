// Numbers and names as text for people.
#pragma once

#include <cstdint>
#include <string>

namespace rusage_bpf {

// "1.21 GiB"; exact below 1 KiB: "912 B".
std::string human_bytes(std::uint64_t bytes);

// "1 234 567".
std::string human_count(std::uint64_t count);

// The same text with control characters as blanks: names and arguments may hold any.
std::string one_line(std::string text);

// The same in no more than `width` bytes, which is more than three: "..." stands for what is left out, and no character
// is cut into parts.
std::string one_line(std::string text, std::size_t width);

}  // namespace rusage_bpf
