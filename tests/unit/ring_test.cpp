#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>

#include "document/document.h"
#include "ring/default_directories.h"
#include "ring/layout.h"
#include "ring/reader.h"
#include "ring/writer.h"
#include "support/process.h"
#include "support/recording.h"

namespace rusage_bpf::ring_test {
namespace {

using Catch::Matchers::Contains;
using test::a_recording;
using Numbers = std::vector<std::uint64_t>;

// Every figure tells its row and column; each fifth is unknown.
Row a_row(std::uint64_t number) {
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

bool same(const Row &a, const Row &b) {
  return a.number == b.number && a.realtime_ns == b.realtime_ns && a.value == b.value && a.known == b.known &&
         a.losses.untracked_tasks == b.losses.untracked_tasks && a.losses.ticks_missed == b.losses.ticks_missed;
}

// A ring of four rows, and what was done to it.
class Ring {
 public:
  explicit Ring(std::uint64_t rows = 4) : rows_(rows) { unsetenv("SUDO_UID"); }

  [[nodiscard]] std::string path() const { return directory_.file("ring"); }
  [[nodiscard]] RingOptions options() const { return {.path = path(), .rows = rows_}; }

  [[nodiscard]] RingWriter begun() const {
    auto writer = RingWriter::create(options());
    REQUIRE(writer);
    REQUIRE(writer->begin(a_recording()));
    REQUIRE(writer->put_in_place());
    return *std::move(writer);
  }
  // Of so many rows, cut short.
  void write(std::uint64_t count) const {
    RingWriter writer = begun();
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
  // As if it were being written.
  void unseal_row(std::uint64_t number) const {
    for (std::uint64_t i = 0; i < seal_bytes; i++)
      change(slot_at(header(), number) + i, [](unsigned char &byte) { byte = 0; });
  }

 private:
  test::TemporaryDirectory directory_;
  std::uint64_t rows_;
};

struct Read {
  Numbers numbers;
  std::uint64_t overwritten;
  std::uint64_t damaged;

  bool operator==(const Read &) const = default;
};

RingReader open_ring(const std::string &path) {
  auto reader = RingReader::open(path);
  if (!reader) FAIL(reader.error().message);
  return *std::move(reader);
}

Read read(const Ring &ring) {
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

std::string complaint(const std::string &path) {
  const auto reader = RingReader::open(path);
  REQUIRE_FALSE(reader);
  CHECK_THAT(reader.error().message, Contains(path) && !Contains("\n"));
  return reader.error().message;
}

TEST_CASE("rows are read from the ring as they were written") {
  const Ring ring;
  ring.write(3);
  CHECK(read(ring) == Read{{0, 1, 2}, 0, 0});
  const RingReader reader = open_ring(ring.path());
  CHECK(begin_json(reader.recording()) == begin_json(a_recording()));
  CHECK_FALSE(reader.outcome());
}

TEST_CASE("a ring that wrapped round keeps the newest rows") {
  const std::uint64_t count = GENERATE(4, 5, 6, 9, 10, 11, 1000);
  const Ring ring;
  ring.write(count);
  const Read expected{{count - 4, count - 3, count - 2, count - 1}, count - 4, 0};
  CHECK(read(ring) == expected);
}

TEST_CASE("a ring of one row keeps that") {
  const Ring ring(1);
  ring.write(7);
  CHECK(read(ring) == Read{{6}, 6, 0});
}

TEST_CASE("a ring without rows is a recording without rows") {
  const Ring ring;
  ring.write(0);
  CHECK(read(ring) == Read{{}, 0, 0});
}

TEST_CASE("an unfinished row is not read, and no other row is lost") {
  const Ring ring;
  ring.write(10);
  ring.unseal_row(9);
  CHECK(read(ring) == Read{{5, 6, 7, 8}, 5, 0});
}

TEST_CASE("a damaged row is counted and left out, in any slot") {
  const Ring ring;
  SECTION("the first") {
    ring.write(3);
    ring.flip_row(0);
    CHECK(read(ring) == Read{{1, 2}, 0, 1});
  }
  SECTION("the last") {
    ring.write(3);
    ring.flip_row(2);
    CHECK(read(ring) == Read{{0, 1}, 0, 1});
  }
  SECTION("several") {
    ring.write(10);
    ring.flip_row(7);
    ring.flip_row(8);
    CHECK(read(ring) == Read{{6, 9}, 6, 2});
  }
  SECTION("all") {
    ring.write(3);
    for (std::uint64_t number = 0; number < 3; number++) ring.flip_row(number);
    CHECK(read(ring) == Read{{}, 0, 3});
  }
}

TEST_CASE("a row that did not reach the disk, so that its slot has an older one, is counted") {
  const Ring ring;
  ring.write(7);
  const std::string older = test::read_file(ring.path());
  ring.write(10);
  const rusage_ring_header header = ring.header();
  const std::uint64_t offset = slot_at(header, 8);
  for (std::uint64_t i = 0; i < header.slot_bytes; i++)
    ring.change(offset + i, [&](unsigned char &byte) { byte = static_cast<unsigned char>(older[offset + i]); });
  CHECK(read(ring) == Read{{6, 7, 9}, 6, 1});
}

TEST_CASE("every single byte of the first header may be damaged", "[long]") {
  const Ring ring;
  ring.write(3);
  const std::uint64_t bytes = sizeof(rusage_ring_header) + ring.header().description_bytes;
  for (std::uint64_t offset = 0; offset < bytes; offset++) {
    CAPTURE(offset);
    ring.flip(offset);
    CHECK(read(ring) == Read{{0, 1, 2}, 0, 0});
    ring.flip(offset);
  }
}

TEST_CASE("a ring with two damaged headers is an error that says so") {
  const Ring ring;
  ring.write(3);
  const std::uint64_t second = second_header_at(ring.header());
  ring.flip(200);
  ring.flip(second + 200);
  CHECK_THAT(complaint(ring.path()), Contains("damaged header"));
}

TEST_CASE("the rows before the cut are read from a ring that was cut short") {
  const Ring ring;
  ring.write(4);
  const std::uint64_t size = GENERATE_COPY(values<std::uint64_t>({3, 2, 1, 0}));
  std::filesystem::resize_file(ring.path(), slot_at(ring.header(), size));
  Numbers expected;
  for (std::uint64_t number = 0; number < size; number++) expected.push_back(number);
  CHECK(read(ring).numbers == expected);
}

TEST_CASE("a ring with another format or byte order is refused, and the error names it") {
  const Ring ring;
  ring.write(1);
  const std::uint64_t second = second_header_at(ring.header());
  SECTION("format") {
    for (const std::uint64_t header : {std::uint64_t{0}, second})
      ring.change(header + offsetof(rusage_ring_header, version), [](unsigned char &byte) { byte = 9; });
    CHECK_THAT(complaint(ring.path()), Contains("format 9"));
  }
  SECTION("byte order") {
    for (const std::uint64_t header : {std::uint64_t{0}, second})
      for (unsigned char i = 0; i < 4; i++)
        ring.change(header + offsetof(rusage_ring_header, byte_order) + i, [&](unsigned char &byte) { byte = i + 1; });
    CHECK_THAT(complaint(ring.path()), Contains("byte order"));
  }
}

TEST_CASE("columns are found by their names: others are ignored, missing ones are unknown") {
  const Ring ring;
  ring.write(2);
  // A ring of a build whose first column has another name.
  std::string text = test::read_file(ring.path());
  rusage_ring_header header = ring.header();
  const std::size_t name = text.find("\"pid_count\"");
  text.replace(name, 11, "\"qid_count\"");
  header.checksum =
      checksum(std::as_bytes(std::span(text))
                   .subspan(header_sealed_from, sizeof(header) - header_sealed_from + header.description_bytes));
  std::memcpy(text.data(), &header, sizeof(header));
  std::ofstream(ring.path(), std::ios::binary) << text;

  const RingReader reader = open_ring(ring.path());
  RingRows rows(reader);
  const auto row = rows.next();
  REQUIRE(row);
  CHECK_FALSE(row->known[RUSAGE_pid_count]);
  CHECK(row->value[RUSAGE_system] == a_row(0).value[RUSAGE_system]);
}

TEST_CASE("a file that is no ring is refused in one line") {
  const test::TemporaryDirectory directory;
  const std::string path = directory.file("file");
  CHECK_THAT(complaint(path), Contains("No such file"));
  std::ofstream(path, std::ios::binary).flush();
  CHECK_THAT(complaint(path), Contains("not a recovery ring"));
  std::ofstream(path, std::ios::binary) << std::string(100'000, 'x');
  CHECK_THAT(complaint(path), Contains("not a recovery ring"));
  CHECK_THAT(complaint(directory.path()), Contains("not a regular file"));
  REQUIRE(mkfifo(directory.file("fifo").c_str(), 0600) == 0);
  CHECK_THAT(complaint(directory.file("fifo")), Contains("not a regular file"));
}

TEST_CASE("rows are read while they are written, until the recording ends") {
  const Ring ring;
  RingWriter writer = ring.begun();
  const RingReader reader = open_ring(ring.path());
  RingRows rows(reader);
  CHECK_FALSE(rows.next());
  for (std::uint64_t number = 0; number < 20; number++) {
    REQUIRE(writer.append(a_row(number)));
    const auto row = rows.next();
    REQUIRE(row);
    CHECK(row->number == number);
    CHECK_FALSE(rows.next());
    CHECK_FALSE(rows.at_end());
  }
  REQUIRE(writer.end(Outcome()));
  CHECK_FALSE(rows.next());
  CHECK(rows.at_end());
}

TEST_CASE("a reader that is slower than the recorder misses complete rows, and counts them") {
  const Ring ring;
  RingWriter writer = ring.begun();
  const RingReader reader = open_ring(ring.path());
  RingRows rows(reader);
  for (std::uint64_t number = 0; number < 10; number++) REQUIRE(writer.append(a_row(number)));
  Numbers numbers;
  while (const auto row = rows.next()) numbers.push_back(row->number);
  CHECK(numbers.size() + rows.overwritten() == 10);
  CHECK(numbers.back() == 9);
  CHECK(rows.damaged() == 0);
}

TEST_CASE("a complete ring has how the recording ended") {
  const Ring ring;
  Outcome outcome{.end_realtime_ns = 1'795'346'926'000'001'000,
                  .ended_by = EndReason::command,
                  .exit = {.code = 3, .signal = {}},
                  .totals = {},
                  .audit = {},
                  .recovered = false,
                  .rows_overwritten = 0};
  outcome.audit.events_lost = 5;
  RingWriter writer = ring.begun();
  REQUIRE(writer.end(outcome));
  const auto read = open_ring(ring.path()).outcome();
  REQUIRE(read);
  CHECK(end_json(*read) == end_json(outcome));
}

TEST_CASE("only the user may read the file, and all of it is allocated before the first row") {
  const Ring ring(1000);
  const RingWriter writer = ring.begun();
  struct stat status {};
  REQUIRE(stat(ring.path().c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  CHECK(status.st_blocks * 512 >= status.st_size);
  CHECK(static_cast<std::uint64_t>(status.st_size) == file_bytes(ring.header()));
}

TEST_CASE("a file is replaced only if it is a ring that no recorder uses") {
  const Ring ring;
  SECTION("a ring") {
    ring.write(2);
    ring.write(1);
    CHECK(read(ring) == Read{{0}, 0, 0});
  }
  SECTION("one that is recorded to") {
    const RingWriter writer = ring.begun();
    const auto second = RingWriter::create(ring.options());
    REQUIRE_FALSE(second);
    CHECK_THAT(second.error().message, Contains("is being recorded to"));
  }
  SECTION("something else") {
    std::ofstream(ring.path()) << "a letter";
    const auto second = RingWriter::create(ring.options());
    REQUIRE_FALSE(second);
    CHECK_THAT(second.error().message, Contains("not a recovery ring"));
    CHECK(test::read_file(ring.path()) == "a letter");
  }
  SECTION("a link") {
    ring.write(2);
    std::filesystem::rename(ring.path(), ring.path() + "2");
    std::filesystem::create_symlink("ring2", ring.path());
    CHECK_FALSE(RingWriter::create(ring.options()));
  }
}

TEST_CASE("a recording that does not start keeps the ring that was there") {
  const Ring ring;
  ring.write(2);
  { REQUIRE(RingWriter::create(ring.options())); }
  CHECK(read(ring) == Read{{0, 1}, 0, 0});
}

TEST_CASE("without a name, the ring is in the user's state directory until it is removed") {
  unsetenv("SUDO_UID");
  const test::TemporaryDirectory state;
  setenv("XDG_STATE_HOME", state.path().c_str(), 1);
  // The user may have others elsewhere.
  const auto there = [&] {
    std::vector<std::string> paths;
    for (const PossibleRing &ring : possible_rings())
      if (ring.path.starts_with(state.file(""))) paths.push_back(ring.path);
    return paths;
  };
  {
    auto writer = RingWriter::create({.path = "", .rows = 4});
    REQUIRE(writer);
    CHECK(there().empty());
    REQUIRE(writer->begin(a_recording()));
    REQUIRE(writer->put_in_place());
    CHECK(there() == std::vector{writer->path()});
    CHECK(writer->path().starts_with(state.file("rusage-bpf/")));
    REQUIRE(writer->remove_unless_named());
    CHECK(there().empty());
  }
  unsetenv("XDG_STATE_HOME");
}

TEST_CASE("a ring that does not fit on the disk is refused before the disk is full") {
  const Ring ring(100'000'000'000);
  const auto writer = RingWriter::create(ring.options());
  REQUIRE_FALSE(writer);
  CHECK_THAT(writer.error().message, Contains("No space left") && Contains("--ring-rows"));
}

}  // namespace
}  // namespace rusage_bpf::ring_test
