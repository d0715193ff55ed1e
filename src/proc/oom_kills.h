// How many processes the kernel has killed since, as memory was short.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "os/fd.h"

namespace rusage_bpf::proc {

// The number behind "oom_kill" in memory.events (cgroup v2), memory.oom_control (v1) or /proc/vmstat.
std::optional<std::uint64_t> parse_oom_kills(std::string_view text);

// One such file, held open: counts from when it was opened.
class OomKills {
 public:
  // Of the memory cgroup that a process is in (v2: and of those below it).
  static OomKills of_process(pid_t pid);
  // Of a cgroup v2, by its directory.
  static OomKills of_cgroup(const std::string &directory);
  // Of the whole machine.
  static OomKills of_machine();

  // Nothing where it is not known.
  [[nodiscard]] std::optional<std::uint64_t> count() const;

 private:
  explicit OomKills(const std::string &path);
  [[nodiscard]] std::optional<std::uint64_t> read() const;

  Fd file_;
  std::optional<std::uint64_t> before_;
};

}  // namespace rusage_bpf::proc
