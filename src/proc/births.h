// How many processes and threads were created on this machine, or in this container: by the number that was given last,
// which /proc/loadavg shows in the reader's own pid namespace.
#pragma once

#include <cstdint>
#include <optional>

#include "proc/files.h"

namespace rusage_bpf::proc {

class Births {
 public:
  // `proc` is where /proc is mounted. In some containers loadavg is somebody else's and knows nothing of our numbers.
  void begin(int proc, Reader &reader, std::uint64_t now_ns);
  // Counts on. Without a number to go by, there may always have been one.
  void look(int proc, Reader &reader, std::uint64_t now_ns);

  // Since the beginning; nothing where it is not known.
  [[nodiscard]] std::optional<std::uint64_t> count() const { return newest_ ? std::optional(count_) : std::nullopt; }
  // None for so long that every new process is visible by now: its number is assigned a moment before that.
  [[nodiscard]] bool none_of_late(std::uint64_t now_ns) const;

 private:
  std::optional<std::uint64_t> newest_;
  std::uint64_t greatest_ = 0;  // after which numbers begin again
  std::uint64_t count_ = 0;
  std::uint64_t last_ns_ = 0;
};

}  // namespace rusage_bpf::proc
