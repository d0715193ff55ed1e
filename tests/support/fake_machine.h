// A machine for the checks of probe: its /proc and /sys, and processes with and without privileges.
#pragma once

#include <sys/capability.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "probe/check.h"
#include "probe/privileges.h"
#include "probe/roots.h"
#include "support/process.h"

namespace rusage_bpf::probe_test {

// A /proc and a /sys with only the files of the test.
class FakeMachine {
 public:
  FakeMachine() {
    std::filesystem::create_directories(directory_.file("sys/kernel"));
    std::filesystem::create_directories(self());
    std::filesystem::create_symlink(std::to_string(getpid()), directory_.file("proc/self"));
    file("proc/self/stat");
  }

  FakeMachine &file(const std::string &path, const std::string &text = "") {
    std::filesystem::create_directories(std::filesystem::path(directory_.file(path)).parent_path());
    std::ofstream(directory_.file(path)) << text;
    return *this;
  }
  FakeMachine &mounts(const std::string &lines) { return file("proc/self/mounts", lines); }
  FakeMachine &link(const std::string &path, const std::string &to) {
    std::filesystem::create_directories(std::filesystem::path(directory_.file(path)).parent_path());
    std::filesystem::create_symlink(to, directory_.file(path));
    return *this;
  }
  [[nodiscard]] Roots roots() const { return {.proc = directory_.file("proc"), .sys = directory_.file("sys")}; }

 private:
  [[nodiscard]] std::string self() const { return directory_.file("proc/" + std::to_string(getpid())); }
  test::TemporaryDirectory directory_;
};

constexpr std::uint64_t bit(cap_value_t capability) {
  return std::uint64_t{1} << capability;
}
inline constexpr std::uint64_t all = ~std::uint64_t{0};

inline Privileges user() {
  return {.uid = 1000, .effective = 0, .bounding = all};
}

inline Privileges root() {
  return {.uid = 0, .effective = all, .bounding = all};
}

inline Executable program() {
  return {.path = "/opt/my tools/rusage-bpf", .capabilities = "", .no_suid = false, .sudo = true};
}

inline std::vector<std::string> commands(const Check &check) {
  std::vector<std::string> list;
  for (const Remedy &remedy : check.remedies) list.push_back(remedy.command);
  return list;
}

}  // namespace rusage_bpf::probe_test
