// Times in documents: seconds, and ISO 8601.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace rusage_bpf {

// Nanoseconds as seconds, and back.
double seconds(std::uint64_t ns);
std::uint64_t nanoseconds(double seconds);

// "2026-11-22T11:28:45.123456Z", from nanoseconds since 1970, and back.
std::string iso_8601(std::uint64_t realtime_ns);
std::optional<std::uint64_t> from_iso_8601(const std::string &text);

}  // namespace rusage_bpf
