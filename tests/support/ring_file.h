// The file of a recovery ring, for unit tests.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "ring/layout.h"
#include "ring/reader.h"
#include "ring/writer.h"
#include "support/process.h"
#include "support/recording.h"

namespace rusage_bpf::ring_test {

// Each value shows its row and column. Every fifth is unknown.
inline Row a_row(std::uint64_t number) {
  Row row{.number = number,
          .realtime_ns = 1000 + number,
          .value = {},
          .known = {},
          .losses = {.untracked_tasks = number / 2, .ticks_missed = number / 3}};
  for (std::size_t i = 0; i < column_count; i++) {
    row.known[i] = (number + i) % 5 != 0;
    if (row.known[i]) row.value[i] = number * 1000 + i;
  }
  return row;
}

inline bool same(const Row &a, const Row &b) {
  return a.number == b.number && a.realtime_ns == b.realtime_ns && a.value == b.value && a.known == b.known &&
         a.losses.untracked_tasks == b.losses.untracked_tasks && a.losses.ticks_missed == b.losses.ticks_missed;
}

// The file of a ring, which tests can damage.
class Ring {
 public:
  explicit Ring(std::uint64_t rows = 4) : rows_(rows) { unsetenv("SUDO_UID"); }

  [[nodiscard]] std::string path() const { return directory_.file("ring"); }
  [[nodiscard]] RingOptions options() const { return {.path = path(), .rows = rows_}; }

  [[nodiscard]] RingWriter started() const {
    auto writer = RingWriter::create(options());
    REQUIRE(writer);
    REQUIRE(writer->begin(test::a_recording()));
    REQUIRE(writer->put_in_place());
    return *std::move(writer);
  }
  // Writes rows, without an end.
  void write(std::uint64_t count) const {
    RingWriter writer = started();
    for (std::uint64_t number = 0; number < count; number++) REQUIRE(writer.append(a_row(number)));
  }

  [[nodiscard]] rusage_ring_header header() const {
    rusage_ring_header header{};
    std::memcpy(&header, test::read_file(path()).data(), sizeof(header));
    return header;
  }
  void change(std::uint64_t offset, const std::function<void(unsigned char &)> &how) const {
    const Fd file(open(path().c_str(), O_RDWR | O_CLOEXEC));
    unsigned char byte = 0;
    REQUIRE(pread(file.get(), &byte, 1, static_cast<off_t>(offset)) == 1);
    how(byte);
    REQUIRE(pwrite(file.get(), &byte, 1, static_cast<off_t>(offset)) == 1);
  }
  void flip(std::uint64_t offset) const {
    change(offset, [](unsigned char &byte) { byte ^= 0x10; });
  }
  void flip_row(std::uint64_t number) const { flip(slot_at(header(), number) + 40); }
  // As while the row is written.
  void unseal_row(std::uint64_t number) const {
    for (std::uint64_t i = 0; i < seal_bytes; i++)
      change(slot_at(header(), number) + i, [](unsigned char &byte) { byte = 0; });
  }

 private:
  test::TemporaryDirectory directory_;
  std::uint64_t rows_;
};

struct Read {
  std::vector<std::uint64_t> numbers;
  std::uint64_t overwritten;
  std::uint64_t damaged;

  bool operator==(const Read &) const = default;
};

inline RingReader open_ring(const std::string &path) {
  auto reader = RingReader::open(path);
  if (!reader) FAIL(reader.error().message);
  return *std::move(reader);
}

inline Read read(const Ring &ring) {
  const RingReader reader = open_ring(ring.path());
  RingRows rows(reader);
  Read read{};
  while (const auto row = rows.next()) {
    CHECK(same(*row, a_row(row->number)));
    read.numbers.push_back(row->number);
  }
  CHECK(rows.at_end());
  read.overwritten = rows.overwritten();
  read.damaged = rows.damaged();
  return read;
}

inline std::string complaint(const std::string &path) {
  const auto reader = RingReader::open(path);
  REQUIRE_FALSE(reader);
  CHECK_THAT(reader.error().message, Catch::Matchers::Contains(path) && !Catch::Matchers::Contains("\n"));
  return reader.error().message;
}

}  // namespace rusage_bpf::ring_test
