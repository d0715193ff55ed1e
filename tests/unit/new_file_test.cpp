#include "os/new_file.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>
#include <functional>

#include "support/mounts.h"
#include "support/process.h"

namespace rusage_bpf::new_file_test {
namespace {

using Names = std::vector<std::string>;

NewFile create(const std::string &path) {
  auto file = NewFile::create(path, 0644);
  if (!file) FAIL(file.error().message);
  return *std::move(file);
}

// A child that makes files as where none can be without a name: it has no /proc to give them one by.
int wait_status_of_child_with_named_files(const std::function<void()> &act) {
  const pid_t child = fork();
  if (child == 0) {
    if (!test::unshare_mounts() || mount("none", "/proc", "tmpfs", 0, nullptr) != 0) _exit(98);
    act();
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return status;
}

void exit_unless(bool condition) {
  if (!condition) _exit(1);
}

TEST_CASE("a file has no name before it is put in place, and a kill leaves none") {
  const test::TemporaryDirectory directory;
  const pid_t child = fork();
  if (child == 0) {
    const auto file = NewFile::create(directory.file("out"), 0644);
    exit_unless(file && write(file->fd(), "torn", 4) == 4);
    raise(SIGKILL);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status));
  CHECK(directory.names().empty());
}

TEST_CASE("a temporary name that a killed process left is removed by the next, and no other") {
  const test::TemporaryDirectory directory;
  const auto status = wait_status_of_child_with_named_files([&] {
    const auto killed = NewFile::create(directory.file("out"), 0644);
    exit_unless(static_cast<bool>(killed));
    raise(SIGKILL);
  });
  CHECK(WIFSIGNALED(status));
  const Names left = directory.names();
  REQUIRE(left.size() == 1);
  CHECK(left[0].starts_with(".out."));
  CHECK(left[0].ends_with(".partial"));

  // Of two that are written at the same time, neither takes the other away.
  CHECK(wait_status_of_child_with_named_files([&] {
          auto one = NewFile::create(directory.file("out"), 0644);
          auto other = NewFile::create(directory.file("out"), 0644);
          exit_unless(one && other && write(one->fd(), "one", 3) == 3 && write(other->fd(), "other", 5) == 5);
          exit_unless(directory.names().size() == 2);
          exit_unless(other->put_in_place() && one->put_in_place());
        }) == 0);
  CHECK(directory.names() == Names{"out"});
  CHECK(test::read_file(directory.file("out")) == "one");
}

TEST_CASE("a file is made where one may write but not list") {
  const test::TemporaryDirectory directory;
  REQUIRE(chmod(directory.path().c_str(), 0300) == 0);
  CHECK(create(directory.file("out")).put_in_place());
  REQUIRE(chmod(directory.path().c_str(), 0700) == 0);
  CHECK(directory.names() == Names{"out"});
}

}  // namespace
}  // namespace rusage_bpf::new_file_test
