// Reading recovery rings, complete and damaged.
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
#include "support/ring_file.h"

namespace rusage_bpf::ring_test {
namespace {

using Catch::Matchers::Contains;
using test::a_recording;
using Numbers = std::vector<std::uint64_t>;

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
  RingWriter writer = ring.started();
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
  RingWriter writer = ring.started();
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
  RingWriter writer = ring.started();
  REQUIRE(writer.end(outcome));
  const auto read = open_ring(ring.path()).outcome();
  REQUIRE(read);
  CHECK(end_json(*read) == end_json(outcome));
}

}  // namespace
}  // namespace rusage_bpf::ring_test
