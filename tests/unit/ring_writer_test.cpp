#include "ring/writer.h"

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

TEST_CASE("only the user may read the file, and all of it is allocated before the first row") {
  const Ring ring(1000);
  const RingWriter writer = ring.started();
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
    const RingWriter writer = ring.started();
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
