#include "output/output_file.h"

#include <fcntl.h>
#include <pty.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "os/caller.h"
#include "support/process.h"

namespace rusage_bpf::output_file_test {
namespace {

using Catch::Matchers::Contains;
using Names = std::vector<std::string>;

// Somewhere to write.
class Directory : public test::TemporaryDirectory {
 public:
  // The tests may themselves run under sudo, whose user cannot enter this directory of root's.
  Directory() { unsetenv("SUDO_UID"); }

  void put(const std::string &name, const std::string &text) const { std::ofstream(file(name)) << text; }
};

OutputFile create(const std::string &path) {
  auto file = OutputFile::create(path);
  if (!file) FAIL(file.error().message);
  return *std::move(file);
}

TEST_CASE("a file appears under its name when it is committed") {
  const Directory directory;
  OutputFile file = create(directory.file("out.json"));
  REQUIRE(file.write("row"));
  CHECK(directory.names().empty());
  REQUIRE(file.commit());
  CHECK(directory.names() == Names{"out.json"});
  CHECK(test::read_file(directory.file("out.json")) == "row");
}

TEST_CASE("a file that is never committed leaves nothing behind") {
  const Directory directory;
  {
    OutputFile file = create(directory.file("out.json"));
    REQUIRE(file.write(std::string(1'000'000, 'x')));
  }
  CHECK(directory.names().empty());
}

TEST_CASE("an existing file keeps its content until the commit") {
  const Directory directory;
  directory.put("out.json", "old");
  {
    OutputFile given_up = create(directory.file("out.json"));
    REQUIRE(given_up.write("never seen"));
  }
  CHECK(test::read_file(directory.file("out.json")) == "old");

  OutputFile file = create(directory.file("out.json"));
  REQUIRE(file.write("new"));
  CHECK(test::read_file(directory.file("out.json")) == "old");
  REQUIRE(file.commit());
  CHECK(test::read_file(directory.file("out.json")) == "new");
  CHECK(directory.names() == Names{"out.json"});
}

TEST_CASE("a file that is put in place early grows there, and stays without a commit") {
  const Directory directory;
  directory.put("out.ndjson", "old");
  {
    OutputFile file = create(directory.file("out.ndjson"));
    REQUIRE(file.write("one\n"));
    REQUIRE(file.put_in_place());
    CHECK(test::read_file(directory.file("out.ndjson")) == "one\n");
    CHECK(directory.names() == Names{"out.ndjson"});
    REQUIRE(file.write("two\n"));
    REQUIRE(file.flush());
    CHECK(test::read_file(directory.file("out.ndjson")) == "one\ntwo\n");
    REQUIRE(file.put_in_place());
    REQUIRE(file.write("three\n"));
  }
  CHECK(test::read_file(directory.file("out.ndjson")) == "one\ntwo\n");
}

TEST_CASE("a file in place that cannot grow any more ends where the last flush left it") {
  const Directory directory;
  OutputFile file = create(directory.file("out.ndjson"));
  REQUIRE(file.write("whole\n"));
  REQUIRE(file.put_in_place());
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
  const rlimit small{10, before.rlim_max};
  auto *const handler = std::signal(SIGXFSZ, SIG_IGN);
  REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
  REQUIRE(file.write("torn apart\n"));
  const auto flushed = file.flush();
  REQUIRE(setrlimit(RLIMIT_FSIZE, &before) == 0);
  std::signal(SIGXFSZ, handler);
  CHECK_FALSE(flushed);
  CHECK(test::read_file(directory.file("out.ndjson")) == "whole\n");
}

TEST_CASE("two recordings with the same name do not mix: the later commit stays") {
  const Directory directory;
  OutputFile one = create(directory.file("out.json"));
  OutputFile other = create(directory.file("out.json"));
  REQUIRE(one.write("one"));
  REQUIRE(other.write("other"));
  REQUIRE(other.commit());
  REQUIRE(one.commit());
  CHECK(test::read_file(directory.file("out.json")) == "one");
  CHECK(directory.names() == Names{"out.json"});
}

TEST_CASE("every byte is written, in pieces of any size") {
  const Directory directory;
  const auto piece_bytes = GENERATE(std::size_t{7}, 1000, 64 * 1024, 300'000);
  std::string text(300'000, ' ');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i % 251);

  OutputFile file = create(directory.file("out.json"));
  for (std::size_t at = 0; at < text.size(); at += piece_bytes)
    REQUIRE(file.write(std::string_view(text).substr(at, piece_bytes)));
  REQUIRE(file.commit());
  CHECK(test::read_file(directory.file("out.json")) == text);
}

TEST_CASE("nothing written is an empty file") {
  const Directory directory;
  REQUIRE(create(directory.file("out.json")).commit());
  CHECK(test::read_file(directory.file("out.json")).empty());
}

TEST_CASE("a name without a directory is one in the working directory") {
  const Directory directory;
  const auto old = std::filesystem::current_path();
  std::filesystem::current_path(directory.path());
  const auto committed = create("out.json").commit();
  std::filesystem::current_path(old);
  CHECK(committed);
  CHECK(directory.names() == Names{"out.json"});
}

TEST_CASE("a file that cannot be replaced is refused at once, and stays as it is") {
  const Directory directory;
  directory.put("plain", "old");
  std::filesystem::create_directory(directory.file("directory"));
  const Names before = directory.names();

  struct Case {
    const char *name;
    const char *reason;
  };
  for (const auto &[name, reason] : {Case{"directory", "is a directory"},
                                     {"directory/", "is a directory"},
                                     {".", "is a directory"},
                                     {"missing/out.json", "No such file or directory"},
                                     {"plain/out.json", "Not a directory"}}) {
    CAPTURE(name);
    const auto file = OutputFile::create(directory.file(name));
    REQUIRE_FALSE(file);
    CHECK_THAT(file.error().message, Contains(directory.file(name)) && Contains(reason));
    CHECK_THAT(file.error().message, !Contains("\n"));
    CHECK(directory.names() == before);
  }
  CHECK(test::read_file(directory.file("plain")) == "old");
}

TEST_CASE("a character device is written as it is") {
  // A terminal's, because no file can be renamed into its directory if this test fails.
  int master = -1;
  int slave = -1;
  std::array<char, 64> path{};
  REQUIRE(openpty(&master, &slave, path.data(), nullptr, nullptr) == 0);
  const Fd terminal(master);
  const Fd keep_open(slave);
  REQUIRE(fcntl(master, F_SETFL, O_NONBLOCK) == 0);

  const Directory directory;  // also removes the variables of sudo
  OutputFile file = create(path.data());
  REQUIRE(file.write("row"));
  REQUIRE(file.commit());
  std::array<char, 64> text{};
  REQUIRE(read(terminal.get(), text.data(), text.size()) == 3);
  CHECK(std::string(text.data()) == "row");
}

TEST_CASE("standard output is written as it is") {
  const Directory directory;
  const Fd old(dup(STDOUT_FILENO));
  const Fd replacement(open(directory.file("stdout").c_str(), O_WRONLY | O_CREAT, 0600));
  REQUIRE(replacement);
  dup2(replacement.get(), STDOUT_FILENO);
  auto file = OutputFile::create("-");
  dup2(old.get(), STDOUT_FILENO);
  REQUIRE(file);
  REQUIRE(file->write("row"));
  REQUIRE(file->commit());
  CHECK(test::read_file(directory.file("stdout")) == "row");
}

TEST_CASE("a disk that fills up is an error that names the file, and nothing is left behind") {
  // The first is small enough to be kept back until the commit, the other one is not.
  const auto bytes = GENERATE(std::size_t{2000}, 300'000);
  const Directory directory;
  rlimit old{};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &old) == 0);
  const rlimit small{.rlim_cur = 1000, .rlim_max = old.rlim_max};
  const auto old_action = std::signal(SIGXFSZ, SIG_IGN);
  REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
  Result<void> written;
  {
    OutputFile file = create(directory.file("out.json"));
    written = file.write(std::string(bytes, 'x'));
    if (written) written = file.commit();
  }
  REQUIRE(setrlimit(RLIMIT_FSIZE, &old) == 0);
  REQUIRE(std::signal(SIGXFSZ, old_action) == SIG_IGN);
  REQUIRE_FALSE(written);
  CHECK(written.error().message == directory.file("out.json") + ": File too large");
  CHECK(directory.names().empty());
}

// Root under sudo acts as the user with that id. Other users stay the same.
class Sudo {
 public:
  explicit Sudo(const Directory &directory) {
    setenv("SUDO_UID", "65534", 1);
    setenv("SUDO_GID", "65534", 1);
    const Caller user = caller();
    REQUIRE(chown(directory.path().c_str(), user.uid, user.gid) == 0);
  }
  ~Sudo() {
    unsetenv("SUDO_UID");
    unsetenv("SUDO_GID");
  }
  Sudo(const Sudo &) = delete;
  Sudo &operator=(const Sudo &) = delete;
};

TEST_CASE("a file belongs to the caller, also under sudo") {
  const Directory directory;
  const Sudo sudo(directory);
  REQUIRE(create(directory.file("out.json")).commit());
  struct stat status {};
  REQUIRE(stat(directory.file("out.json").c_str(), &status) == 0);
  CHECK(status.st_uid == caller().uid);
  CHECK(status.st_gid == caller().gid);
}

TEST_CASE("a file that the caller may not write is refused, also under sudo") {
  const Directory directory;
  const Sudo sudo(directory);
  directory.put("protected.json", "old");
  REQUIRE(chmod(directory.file("protected.json").c_str(), 0400) == 0);
  CHECK_FALSE(OutputFile::create(directory.file("protected.json")));
  REQUIRE(chmod(directory.path().c_str(), 0500) == 0);
  CHECK_FALSE(OutputFile::create(directory.file("new.json")));
  REQUIRE(chmod(directory.path().c_str(), 0700) == 0);
  CHECK(directory.names() == Names{"protected.json"});
}

}  // namespace
}  // namespace rusage_bpf::output_file_test
