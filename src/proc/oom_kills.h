// How many processes the kernel's OOM killer has killed.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "os/fd.h"

namespace rusage_bpf::proc {

// The number after "oom_kill" in memory.events (cgroup v2), memory.oom_control (v1) or /proc/vmstat.
std::optional<std::uint64_t> parse_oom_kills(std::string_view text);

// Counts the kills since it was made, from one such file, which it keeps open.
class OomKills {
 public:
  // In the memory cgroup of a process (v2: also in the cgroups below it).
  static OomKills of_process(pid_t pid);
  // In a cgroup v2, by its directory.
  static OomKills of_cgroup(const std::string &directory);
  // On the whole machine.
  static OomKills of_machine();

  // Nothing: not known.
  [[nodiscard]] std::optional<std::uint64_t> count() const;

 private:
  explicit OomKills(const std::string &path);
  [[nodiscard]] std::optional<std::uint64_t> read() const;

  Fd file_;
  std::optional<std::uint64_t> before_;
};

}  // namespace rusage_bpf::proc
