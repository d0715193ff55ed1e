// Offsets and checksums in the file of a ring, which include/rusage_bpf/ring.h describes.
#pragma once

#include <xxhash.h>

#include <cstdint>
#include <cstring>
#include <span>

#include "rusage_bpf/ring.h"

namespace rusage_bpf {

// A header with its description. Arguments need at most 6 MiB.
inline constexpr std::uint64_t max_header_bytes = std::uint64_t{16} << 20;

constexpr std::uint64_t whole_pages(std::uint64_t bytes) {
  return (bytes + RUSAGE_RING_PAGE_BYTES - 1) / RUSAGE_RING_PAGE_BYTES * RUSAGE_RING_PAGE_BYTES;
}

constexpr std::uint64_t slot_bytes(std::uint64_t columns) {
  return sizeof(rusage_ring_row) + columns * sizeof(std::uint64_t);
}

inline std::uint64_t checksum(std::span<const std::byte> bytes) {
  const std::uint64_t sum = XXH3_64bits(bytes.data(), bytes.size());
  return sum == 0 ? 1 : sum;
}

// Whether it is the header of a ring of any version.
inline bool has_magic(const rusage_ring_header &header) {
  return std::memcmp(header.magic, RUSAGE_RING_MAGIC, sizeof(header.magic)) == 0;
}

// Offsets in the file.
constexpr std::uint64_t ending_at(const rusage_ring_header &header) {
  return header.header_bytes;
}
constexpr std::uint64_t slots_at(const rusage_ring_header &header) {
  return ending_at(header) + header.ending_bytes;
}
constexpr std::uint64_t slot_at(const rusage_ring_header &header, std::uint64_t row_number) {
  return slots_at(header) + row_number % header.slots * header.slot_bytes;
}
constexpr std::uint64_t second_header_at(const rusage_ring_header &header) {
  return slots_at(header) + whole_pages(header.slots * header.slot_bytes);
}
constexpr std::uint64_t file_bytes(const rusage_ring_header &header) {
  return second_header_at(header) + header.header_bytes;
}

// The checksum of a header covers everything from here.
inline constexpr std::size_t header_sealed_from = offsetof(rusage_ring_header, header_bytes);
// The seal of a row or ending is its first field.
inline constexpr std::size_t seal_bytes = sizeof(std::uint64_t);

}  // namespace rusage_bpf
