// Where snapshots come from. One implementation a way to look at a process tree.
#pragma once

#include <string_view>

#include "model/snapshot.h"
#include "model/task_events.h"
#include "os/error.h"

namespace rusage_bpf {

class Source {
 public:
  Source() = default;
  Source(const Source &) = delete;
  Source &operator=(const Source &) = delete;
  virtual ~Source() = default;

  // One look at the tree. The longest pause between two looks is `longest_pause_ns`. Where counting starts or
  // ends with a look, it `tells_living`: an event for each task that the snapshot has the counters of.
  virtual Result<Snapshot> look(bool tells_living = false) = 0;

  // What happened to single tasks, up to the last look and since this was asked last.
  virtual TaskEvents take_events() = 0;

  // Where a column's figures come from, for people: "bpf" or "proc".
  [[nodiscard]] virtual std::string_view origin(rusage_column column) const = 0;

  // Births and execs that passed unseen; 0 unless the kernel refused to run a program.
  [[nodiscard]] virtual std::uint64_t events_lost() const = 0;
};

}  // namespace rusage_bpf
