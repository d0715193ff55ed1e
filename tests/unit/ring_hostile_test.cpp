// Rings with valid seals that no recorder has written: reading them ends soon, and returns only possible rows.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <functional>

#include "ring/layout.h"
#include "ring/reader.h"
#include "ring/writer.h"
#include "support/process.h"
#include "support/recording.h"

namespace rusage_bpf::ring_hostile_test {
namespace {

using Numbers = std::vector<std::uint64_t>;

constexpr std::uint64_t capacity = 8;

// A ring whose rows are then overwritten.
class Forged {
 public:
  Forged() {
    unsetenv("SUDO_UID");
    auto writer = RingWriter::create({.path = path(), .rows = capacity});
    REQUIRE(writer);
    REQUIRE(writer->begin(test::a_recording()));
    REQUIRE(writer->put_in_place());
    file_ = Fd(open(path().c_str(), O_RDWR | O_CLOEXEC));
    REQUIRE(pread(file_.get(), &header_, sizeof(header_), 0) == sizeof(header_));
  }

  [[nodiscard]] std::string path() const { return directory_.file("ring"); }
  [[nodiscard]] int fd() const { return file_.get(); }
  [[nodiscard]] const rusage_ring_header &header() const { return header_; }

  // Writes a possible row, changed by `change`, with a valid seal.
  using Change = std::function<void(rusage_ring_row &, Values &)>;
  void put(std::uint64_t number, const Change &change = nullptr) const {
    struct {
      rusage_ring_row row;
      Values value;
    } slot{};
    slot.row.number = number;
    slot.row.realtime_ns = 1'795'346'925'000'000'000 + number;
    slot.row.known = (std::uint64_t{1} << column_count) - 1;
    slot.value.fill(1);
    slot.value[RUSAGE_elapsed] = number * 1000;
    if (change) change(slot.row, slot.value);
    const auto bytes = std::as_bytes(std::span(&slot, 1));
    slot.row.seal = checksum(bytes.subspan(seal_bytes));
    write(slot_at(header_, number), &slot, sizeof(slot));
  }
  void set_slots(std::uint64_t slots) {
    header_.slots = slots;
    std::string first(sizeof(header_) + header_.description_bytes, '\0');
    REQUIRE(pread(fd(), first.data(), first.size(), 0) == static_cast<ssize_t>(first.size()));
    std::memcpy(first.data(), &header_, sizeof(header_));
    header_.checksum = checksum(std::as_bytes(std::span(first)).subspan(header_sealed_from));
    write(0, &header_, sizeof(header_));
  }
  void write(std::uint64_t offset, const void *bytes, std::size_t size) const {
    REQUIRE(pwrite(fd(), bytes, size, static_cast<off_t>(offset)) == static_cast<ssize_t>(size));
  }

 private:
  test::TemporaryDirectory directory_;
  Fd file_;
  rusage_ring_header header_{};
};

struct Read {
  Numbers numbers;
  std::uint64_t overwritten;
  std::uint64_t damaged;

  bool operator==(const Read &) const = default;
};

Read read(const Forged &ring) {
  const auto reader = RingReader::open(ring.path());
  REQUIRE(reader);
  RingRows rows(*reader);
  Read read{};
  while (const auto row = rows.next()) {
    read.numbers.push_back(row->number);
    REQUIRE(read.numbers.size() <= capacity);
  }
  CHECK(rows.at_end());
  read.overwritten = rows.overwritten();
  read.damaged = rows.damaged();
  return read;
}

TEST_CASE("a row with an impossible number is damaged") {
  const Forged ring;
  ring.put(0);
  SECTION("the greatest there are") {
    ring.put(UINT64_MAX);
    ring.put(UINT64_MAX - 1);
    CHECK(read(ring) == Read{{0}, 0, 2});
  }
  SECTION("far beyond the others") {
    ring.put(UINT64_MAX / 2);
    CHECK(read(ring) == Read{{0}, 0, 1});
  }
}

TEST_CASE("rows with numbers that are far apart take no longer to read") {
  Forged ring;
  SECTION("in the ring's own slots") {
    ring.put(1);
    ring.put((std::uint64_t{1} << 47) + 6);
    CHECK(read(ring) ==
          Read{{(std::uint64_t{1} << 47) + 6}, (std::uint64_t{1} << 47) + 6 - capacity + 1, capacity - 1});
  }
  SECTION("in slots that the file has not") {
    ring.set_slots(std::uint64_t{1} << 40);
    ring.put(0);
    ring.put(6);
    const Read found = read(ring);
    CHECK(found.numbers == Numbers{0, 6});
    CHECK(found.damaged >= 5);  // the old second header is in slots now
    CHECK(found.damaged < 1000);
  }
  SECTION("in a file that is all holes") {
    ring.set_slots(std::uint64_t{1} << 33);
    REQUIRE(ftruncate(ring.fd(), static_cast<off_t>(slot_at(ring.header(), (std::uint64_t{1} << 33) - 1))) == 0);
    ring.put(0);
    ring.put((std::uint64_t{1} << 33) - 3);
    CHECK(read(ring).numbers == Numbers{0, (std::uint64_t{1} << 33) - 3});
  }
}

TEST_CASE("a row that does not end after the row before it is damaged") {
  const Forged ring;
  for (std::uint64_t number = 0; number < 5; number++) ring.put(number);
  const std::uint64_t elapsed = GENERATE(0, 1, 1000);
  ring.put(2, [&](rusage_ring_row &, Values &value) { value[RUSAGE_elapsed] = elapsed; });
  CHECK(read(ring) == Read{{0, 1, 3, 4}, 0, 1});
}

TEST_CASE("a row with impossible values is damaged") {
  const Forged ring;
  for (std::uint64_t number = 0; number < 4; number++) ring.put(number);
  const auto column = static_cast<std::size_t>(GENERATE(range(0, int{RUSAGE_COLUMN_COUNT})));
  CAPTURE(columns[column].name);
  ring.put(2, [&](rusage_ring_row &, Values &value) { value[column] = UINT64_MAX; });
  CHECK(read(ring) == Read{{0, 1, 3}, 0, 1});
}

TEST_CASE("a row with impossible times and losses is damaged") {
  const Forged ring;
  for (std::uint64_t number = 0; number < 4; number++) ring.put(number);
  const auto field =
      GENERATE(&rusage_ring_row::realtime_ns, &rusage_ring_row::untracked_tasks, &rusage_ring_row::ticks_missed);
  ring.put(2, [&](rusage_ring_row &row, Values &) { row.*field = UINT64_MAX; });
  CHECK(read(ring) == Read{{0, 1, 3}, 0, 1});
}

TEST_CASE("a row that would make a sum wrap is damaged") {
  const Forged ring;
  for (std::uint64_t number = 0; number < 6; number++)
    ring.put(number, [](rusage_ring_row &, Values &value) { value[RUSAGE_read_bytes] = INT64_MAX / 3; });
  const Read expected{{0, 1, 2}, 0, 3};
  CHECK(read(ring) == expected);
}

TEST_CASE("only a few possible second headers are checked") {
  const Forged ring;
  // Each page of the last 16 MiB looks like the second header, with the length of the rest of the file.
  const std::uint64_t pages = 4000;
  const std::uint64_t size = std::uint64_t{1} << 32;
  REQUIRE(ftruncate(ring.fd(), static_cast<off_t>(size)) == 0);
  for (std::uint64_t page = 1; page <= pages; page++) {
    rusage_ring_header header = ring.header();
    header.header_bytes = page * RUSAGE_RING_PAGE_BYTES;
    header.description_bytes = header.header_bytes - sizeof(header);
    header.slots = (size - 2 * header.header_bytes - header.ending_bytes) / header.slot_bytes;
    if (file_bytes(header) != size) continue;
    ring.write(size - header.header_bytes, &header, sizeof(header));
  }
  const std::uint64_t nothing = 0;
  ring.write(offsetof(rusage_ring_header, checksum), &nothing, sizeof(nothing));
  const auto reader = RingReader::open(ring.path());
  REQUIRE_FALSE(reader);
  CHECK_THAT(reader.error().message, Catch::Contains("damaged header"));
}

}  // namespace
}  // namespace rusage_bpf::ring_hostile_test
