// A /proc of the test's own, for what the kernel would not show on demand.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "support/process.h"

namespace test {

// Numbers that no process has: the kernel gives none above 2^22.
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
  std::uint64_t pages = 10;                // virtual and resident ones
  std::optional<std::string> calls = "0";  // reads, in `io`; nothing: there is no such file
  std::optional<std::uint64_t> run_delay_ns = 0;
  std::uint64_t switches = 0;  // voluntary ones
  std::vector<pid_t> children = {};
};

class FakeProc {
 public:
  // With or without the lists of children that a kernel may have been built without.
  explicit FakeProc(bool has_children_lists = true);

  [[nodiscard]] std::string path() const { return directory_.path(); }
  // The files of a process, new or again.
  void put(const FakeProcess &process) const;
  void remove(pid_t pid) const;
  // The number that was given last, of 1000.
  void newest_pid(std::uint64_t pid) const;

 private:
  void write(const std::string &name, const std::string &text) const;

  TemporaryDirectory directory_;
  bool has_children_lists_;
};

}  // namespace test
