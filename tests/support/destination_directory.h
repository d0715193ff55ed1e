// Files of different users, as output destinations.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "os/write_all.h"
#include "output/destination.h"
#include "support/process.h"

namespace rusage_bpf::destination_test {

inline constexpr uid_t user = 65534;
inline constexpr uid_t stranger = 65533;

// A directory of root. Without SUDO_UID, because the tests may run under sudo, whose user cannot enter it.
class Directory : public test::TemporaryDirectory {
 public:
  Directory() { unsetenv("SUDO_UID"); }

  void put(const std::string &name, const std::string &text, uid_t owner = 0) const {
    std::ofstream(file(name)) << text;
    REQUIRE(chown(file(name).c_str(), owner, owner) == 0);
  }
  void link(const std::string &target, const std::string &name, uid_t owner = 0) const {
    std::filesystem::create_symlink(target, file(name));
    REQUIRE(lchown(file(name).c_str(), owner, owner) == 0);
  }
  void make_directory(const std::string &name, mode_t mode, uid_t owner = 0) const {
    REQUIRE(mkdir(file(name).c_str(), 0700) == 0);
    REQUIRE(chmod(file(name).c_str(), mode) == 0);
    REQUIRE(chown(file(name).c_str(), owner, owner) == 0);
  }
  [[nodiscard]] std::string text(const std::string &name) const { return test::read_file(file(name)); }
  [[nodiscard]] bool is_link(const std::string &name) const { return std::filesystem::is_symlink(file(name)); }
};

// During its lifetime, files are made as `user`, who may enter the directory.
class AsUser {
 public:
  explicit AsUser(const Directory &directory) {
    REQUIRE(chmod(directory.path().c_str(), 0711) == 0);
    setenv("SUDO_UID", std::to_string(user).c_str(), 1);
    setenv("SUDO_GID", std::to_string(user).c_str(), 1);
  }
  ~AsUser() {
    unsetenv("SUDO_UID");
    unsetenv("SUDO_GID");
  }
  AsUser(const AsUser &) = delete;
  AsUser &operator=(const AsUser &) = delete;
};

inline Result<void> write_document(const std::string &path, const std::string &text) {
  auto destination = Destination::open(path);
  if (!destination) return tl::unexpected(destination.error());
  if (auto read = destination->wait_for_reader(); !read) return read;
  auto written = write_all(destination->fd(), text, path);
  return written ? destination->commit() : written;
}

inline void check_written(const std::string &path, const std::string &text) {
  CAPTURE(path);
  const auto written = write_document(path, text);
  INFO((written ? "" : written.error().message));
  CHECK(written);
}

inline void check_refused(const std::string &path, const std::string &reason) {
  CAPTURE(path);
  const auto destination = Destination::open(path);
  REQUIRE_FALSE(destination);
  CHECK_THAT(destination.error().message, Catch::Matchers::Contains(path) && Catch::Matchers::Contains(reason));
}

}  // namespace rusage_bpf::destination_test
