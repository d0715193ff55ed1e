// A destination whose path an attacker changes while it is opened.
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <thread>

#include "support/destination_directory.h"

namespace rusage_bpf::destination_test {
namespace {

// Exchanges two names during its lifetime, as fast as it can.
class Swapping {
 public:
  Swapping(std::string a, std::string b)
      : thread_([this, a = std::move(a), b = std::move(b)] {
          constexpr unsigned exchange = 2;
          while (!stop_) syscall(SYS_renameat2, AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), exchange);
        }) {}
  ~Swapping() {
    stop_ = true;
    thread_.join();
  }
  Swapping(const Swapping &) = delete;
  Swapping &operator=(const Swapping &) = delete;

 private:
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

TEST_CASE("a link that an attacker exchanges all the time leads to no file of the attacker's choice") {
  constexpr int times = 2000;
  const Directory directory;
  directory.make_directory("tmp", 01777);
  directory.make_directory("victim", 0700);
  directory.put("victim/mine", "mine");
  directory.make_directory("tmp/sub", 0777);
  directory.link(directory.file("victim"), "tmp/sub-link", stranger);
  directory.put("tmp/out.json", "old");
  directory.link(directory.file("victim/mine"), "tmp/out-link", stranger);
  {
    const Swapping directories(directory.file("tmp/sub"), directory.file("tmp/sub-link"));
    const Swapping files(directory.file("tmp/out.json"), directory.file("tmp/out-link"));
    for (int i = 0; i < times; i++) {
      // The link may have been replaced.
      directory.link(directory.file("victim/mine"), "tmp/next-link", stranger);
      std::filesystem::rename(directory.file("tmp/next-link"), directory.file("tmp/out-link"));
      static_cast<void>(write_document(directory.file("tmp/sub/new"), "new"));
      static_cast<void>(write_document(directory.file("tmp/out.json"), "new"));
    }
  }
  CHECK(directory.text("victim/mine") == "mine");
  CHECK_FALSE(std::filesystem::exists(directory.file("victim/new")));
}

}  // namespace
}  // namespace rusage_bpf::destination_test
