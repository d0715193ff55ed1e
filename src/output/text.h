// Numbers and times as text, the same in every output.
#pragma once

#include <cstdint>
#include <string>

namespace rusage_bpf {

// Nanoseconds as seconds.
double seconds(std::uint64_t ns);

// "2026-11-22T11:28:45.123456Z", from nanoseconds since 1970.
std::string iso_8601(std::uint64_t realtime_ns);

// "1.21 GiB"; exact below 1 KiB: "912 B".
std::string human_bytes(std::uint64_t bytes);

// "1 234 567".
std::string human_count(std::uint64_t count);

// The same text with control characters as blanks: names and arguments may hold any.
std::string one_line(std::string text);

}  // namespace rusage_bpf
