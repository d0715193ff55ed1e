// A directory that looks like /proc, for states that the kernel shows only rarely.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "support/process.h"

namespace test {

// No process has this pid: the kernel's greatest pid is 2^22.
inline constexpr pid_t fake_pid = 5'000'000;

struct FakeProcess {
  pid_t pid = fake_pid;
  pid_t parent = 1;
  std::string name = "fake";
  char state = 'S';
  std::string minor_faults = "0";
  std::string reaped_minor_faults = "0";
  std::string user_ticks = "0";
  std::string reaped_user_ticks = "0";
  std::uint64_t start_ticks = 100;
  std::uint64_t pages = 10;                // virtual and resident
  std::optional<std::string> calls = "0";  // read calls in `io`; nothing: the file is missing
  std::optional<std::uint64_t> run_delay_ns = 0;
  std::uint64_t switches = 0;  // voluntary
  std::vector<pid_t> children = {};
};

class FakeProc {
 public:
  // A kernel may be built without the lists of children.
  explicit FakeProc(bool has_children_lists = true);

  [[nodiscard]] std::string path() const { return directory_.path(); }
  // Writes the files of a process, or writes them again.
  void put(const FakeProcess &process) const;
  void remove(pid_t pid) const;
  // Sets the newest pid. The greatest is 1000.
  void newest_pid(std::uint64_t pid) const;

 private:
  void write(const std::string &name, const std::string &text) const;

  TemporaryDirectory directory_;
  bool has_children_lists_;
};

}  // namespace test
