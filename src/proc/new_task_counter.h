// Counts the processes and threads that were created on this machine, or in this container, by the newest pid in
// /proc/loadavg, which is in the pid namespace of the reader.
#pragma once

#include <cstdint>
#include <optional>

#include "proc/files.h"

namespace rusage_bpf::proc {

class NewTaskCounter {
 public:
  // Starts at 0. `proc` is an open /proc. In some containers, loadavg is a file of another file system, with pids of
  // another namespace; then nothing is counted.
  void start(int proc, Reader &reader, std::uint64_t now_ns);
  void update(int proc, Reader &reader, std::uint64_t now_ns);

  // Tasks created since the start. Nothing: not known.
  [[nodiscard]] std::optional<std::uint64_t> count() const { return newest_ ? std::optional(count_) : std::nullopt; }
  // True if no task was created for so long that every process is visible in /proc now: a process gets its pid a moment
  // before it is visible. False if it is not known.
  [[nodiscard]] bool none_recently(std::uint64_t now_ns) const;

 private:
  std::optional<std::uint64_t> newest_;
  std::uint64_t max_pid_ = 0;
  std::uint64_t count_ = 0;
  std::uint64_t last_change_ns_ = 0;
};

}  // namespace rusage_bpf::proc
