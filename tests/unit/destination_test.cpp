#include "output/destination.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "support/destination_directory.h"

namespace rusage_bpf::destination_test {
namespace {

using Catch::Matchers::Contains;
using Names = std::vector<std::string>;

TEST_CASE("a symbolic link stays, and its target is replaced or made") {
  const Directory directory;
  directory.put("old.json", "old");
  directory.make_directory("deep", 0700);
  directory.link("old.json", "to-old");
  directory.link("deep/new.json", "dangling");
  directory.link(directory.file("to-old"), "absolute");
  directory.link("deep", "shallow");
  directory.link("../old.json", "deep/up");
  check_written(directory.file("to-old"), "1");
  CHECK(directory.text("old.json") == "1");
  check_written(directory.file("absolute"), "22");
  CHECK(directory.text("old.json") == "22");
  check_written(directory.file("dangling"), "3");
  CHECK(directory.text("deep/new.json") == "3");
  check_written(directory.file("shallow/up"), "4");
  CHECK(directory.text("old.json") == "4");
  check_written(directory.file("shallow/../deep//other.json"), "5");
  CHECK(directory.text("deep/other.json") == "5");
  for (const char *link : {"to-old", "dangling", "absolute", "shallow", "deep/up"}) CHECK(directory.is_link(link));
}

TEST_CASE("links without a target, and files that can hold no document, are refused") {
  const Directory directory;
  directory.make_directory("directory", 0700);
  directory.link("directory", "to-directory");
  directory.link("missing/out.json", "to-missing");
  directory.link("b", "a");
  directory.link("a", "b");
  const Names before = directory.names();
  check_refused(directory.file("directory"), "is a directory");
  check_refused(directory.file("directory/"), "is a directory");
  check_refused(directory.file("to-directory"), "is a directory");
  check_refused(directory.file("to-missing"), "its directory: No such file or directory");
  check_refused(directory.file("new.json/"), "No such file or directory");
  check_refused(directory.file("a"), "Too many levels of symbolic links");
  CHECK(directory.names() == before);
}

TEST_CASE("the symbolic link of another user is not followed in a directory of all users") {
  const Directory directory;
  directory.make_directory("tmp", 01777);
  directory.make_directory("victim", 0700, user);
  directory.put("victim/mine", "mine", user);
  directory.link(directory.file("victim/mine"), "tmp/out.json", stranger);
  directory.link(directory.file("victim"), "tmp/sub", stranger);
  directory.link(directory.file("victim/mine"), "tmp/own", user);
  directory.link(directory.file("victim"), "tmp/roots", 0);
  directory.make_directory("strangers", 0755, stranger);
  directory.link(directory.file("victim/mine"), "strangers/out.json", stranger);
  const AsUser as_user(directory);
  check_refused(directory.file("tmp/out.json"), "is a symbolic link of another user's");
  check_refused(directory.file("tmp/sub/new"), "is a symbolic link of another user's");
  check_refused(directory.file("strangers/out.json"), "is a symbolic link of another user's");
  CHECK(directory.text("victim/mine") == "mine");
  check_written(directory.file("tmp/own"), "1");
  CHECK(directory.text("victim/mine") == "1");
  check_written(directory.file("tmp/roots/mine"), "2");
  CHECK(directory.text("victim/mine") == "2");
}

TEST_CASE("a file of another user in a directory of all users is not written") {
  const Directory directory;
  directory.make_directory("tmp", 01777);
  directory.put("tmp/file", "old", stranger);
  REQUIRE(chmod(directory.file("tmp/file").c_str(), 0666) == 0);
  REQUIRE(mkfifo(directory.file("tmp/fifo").c_str(), 0600) == 0);
  REQUIRE(chmod(directory.file("tmp/fifo").c_str(), 0666) == 0);
  REQUIRE(chown(directory.file("tmp/fifo").c_str(), stranger, stranger) == 0);
  directory.put("tmp/public", "old");
  REQUIRE(chmod(directory.file("tmp/public").c_str(), 0666) == 0);
  const AsUser as_user(directory);
  check_refused(directory.file("tmp/file"), "is another user's");
  check_refused(directory.file("tmp/fifo"), "is another user's");
  CHECK(directory.text("tmp/file") == "old");
  // It cannot be replaced either, but it is the directory's owner's.
  check_written(directory.file("tmp/public"), "new");
  CHECK(directory.text("tmp/public") == "new");
}

TEST_CASE("a file in a directory that the user may not write is overwritten at the end") {
  const Directory directory;
  directory.make_directory("roots", 0755);
  directory.put("roots/out.json", "what was there before", user);
  struct stat before {};
  REQUIRE(stat(directory.file("roots/out.json").c_str(), &before) == 0);
  const AsUser as_user(directory);
  {
    auto given_up = Destination::open(directory.file("roots/out.json"));
    REQUIRE(given_up);
    REQUIRE(write_all(given_up->fd(), "never seen", "out.json"));
  }
  CHECK(directory.text("roots/out.json") == "what was there before");
  check_written(directory.file("roots/out.json"), "new");
  CHECK(directory.text("roots/out.json") == "new");
  struct stat after {};
  REQUIRE(stat(directory.file("roots/out.json").c_str(), &after) == 0);
  CHECK(after.st_ino == before.st_ino);
  check_refused(directory.file("roots/new.json"), "Permission denied");
}

TEST_CASE("a file that is followed and cannot be replaced is overwritten at once") {
  const Directory directory;
  directory.make_directory("roots", 0755);
  directory.put("roots/out.ndjson", std::string(1000, 'x'), user);
  const AsUser as_user(directory);
  auto destination = Destination::open(directory.file("roots/out.ndjson"));
  REQUIRE(destination);
  REQUIRE(write_all(destination->fd(), "one\n", ""));
  REQUIRE(destination->put_in_place());
  CHECK(directory.text("roots/out.ndjson") == "one\n");
  REQUIRE(write_all(destination->fd(), "two\n", ""));
  CHECK(directory.text("roots/out.ndjson") == "one\ntwo\n");
  REQUIRE(destination->commit());
}

TEST_CASE("a FIFO waits for its reader, but opening it as a destination does not") {
  const Directory directory;
  REQUIRE(mkfifo(directory.file("fifo").c_str(), 0600) == 0);
  auto destination = Destination::open(directory.file("fifo"));
  REQUIRE(destination);
  CHECK(destination->is_stream());
  CHECK(destination->lacks_reader());
  std::string text;
  std::thread reader([&] { text = test::read_file(directory.file("fifo")); });
  REQUIRE(destination->wait_for_reader());
  CHECK_FALSE(destination->lacks_reader());
  REQUIRE(write_all(destination->fd(), "row", ""));
  REQUIRE(destination->commit());
  { const auto over = *std::move(destination); }
  reader.join();
  CHECK(text == "row");
}

TEST_CASE("a socket is connected to") {
  const Directory directory;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  directory.file("socket").copy(address.sun_path, sizeof(address.sun_path) - 1);
  const Fd listening(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(bind(listening.get(), reinterpret_cast<sockaddr *>(&address), sizeof(address)) == 0);
  check_refused(directory.file("socket"), "Connection refused");
  REQUIRE(listen(listening.get(), 1) == 0);
  check_written(directory.file("socket"), "row");
  const Fd accepted(accept4(listening.get(), nullptr, nullptr, SOCK_CLOEXEC));
  std::string text(10, '\0');
  CHECK(read(accepted.get(), text.data(), text.size()) == 3);
}

TEST_CASE("only an inherited descriptor is written") {
  const Directory directory;
  const Fd own(open(directory.file("out").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  const std::string name = "/dev/fd/" + std::to_string(own.get());
  check_refused(name, "is not open here");
  REQUIRE(fcntl(own.get(), F_SETFD, 0) == 0);
  REQUIRE(write(own.get(), "before ", 7) == 7);
  check_written(name, "row");
  directory.link(name, "link");
  check_written(directory.file("link"), "s");
  CHECK(directory.text("out") == "before rows");
  CHECK(directory.is_link("link"));
  check_refused("/dev/fd/4000", "is not open here");
}

TEST_CASE("a default name is the first free one, and no file is replaced") {
  const Directory directory;
  const auto old = std::filesystem::current_path();
  std::filesystem::current_path(directory.path());
  const auto write_default = [](const std::string &text) {
    auto destination = Destination::open_default();
    if (!destination || !write_all(destination->fd(), text, "") || !destination->commit()) return std::string();
    return destination->default_name()->so_far();
  };
  const std::string first = write_default("1");
  directory.link("nowhere", "rusage-2.json");
  const std::string third = write_default("3");
  directory.make_directory("rusage-4.json", 0700);
  const std::string fifth = write_default("5");
  {
    const auto given_up = Destination::open_default();
    REQUIRE(given_up->default_name()->claim() == "rusage-6.json");
    CHECK(std::filesystem::exists("rusage-6.json"));
  }
  std::filesystem::current_path(old);
  CHECK(first == "rusage.json");
  CHECK(third == "rusage-3.json");
  CHECK(fifth == "rusage-5.json");
  CHECK(directory.text("rusage.json") == "1");
  CHECK(directory.text("rusage-5.json") == "5");
  CHECK(directory.names() == Names{"rusage-2.json", "rusage-3.json", "rusage-4.json", "rusage-5.json", "rusage.json"});
}

}  // namespace
}  // namespace rusage_bpf::destination_test
