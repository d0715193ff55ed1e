// How much one of something is.
#pragma once

#include <cstdint>
#include <limits>

namespace test {

constexpr std::uint64_t second = 1'000'000'000;  // in nanoseconds
constexpr std::uint64_t kib = 1024;
constexpr std::uint64_t mib = 1024 * kib;
constexpr std::uint64_t gib = 1024 * mib;
constexpr std::uint64_t tib = 1024 * gib;
constexpr std::uint64_t greatest = std::numeric_limits<std::uint64_t>::max();

}  // namespace test
