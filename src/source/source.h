// Where snapshots come from. One implementation a way to look at a process tree.
#pragma once

#include <string_view>

#include "model/snapshot.h"
#include "os/error.h"

namespace rusage_bpf {

class Source {
 public:
  Source() = default;
  Source(const Source &) = delete;
  Source &operator=(const Source &) = delete;
  virtual ~Source() = default;

  // One look at the tree. The longest pause between two looks is `longest_pause_ns`.
  virtual Result<Snapshot> look() = 0;

  // Where a column's figures come from, for people: "bpf" or "proc".
  [[nodiscard]] virtual std::string_view origin(rusage_column column) const = 0;

  // Births and execs that passed unseen; 0 unless the kernel refused to run a program.
  [[nodiscard]] virtual std::uint64_t events_lost() const = 0;
};

}  // namespace rusage_bpf
