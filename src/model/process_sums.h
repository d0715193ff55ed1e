// Makes the process records of a recording add up to its rows, to the unit.
#pragma once

#include <optional>

#include "model/process.h"

namespace rusage_bpf {

// The rows and the records come from the same samples, and their sums are nearly equal. They may differ in
//
//   the split of run time into user and system, which the kernel estimates from ticks: the rows use the split of the
//   whole process, a record uses its own part of the process, and a row never takes back what an earlier row has;
//   the time of a running task, if a hypervisor stopped the CPU: a sample or an exec may have counted too much;
//   forks and execs by untracked tasks.
//
// So a record never gets more than what the rows have counted and no other record got. That is always enough, because
// the rows hold all usage. The last record gets all that is left.
class ProcessSums {
 public:
  // Takes a complete record. `counted` is what the rows have counted so far. Returns the record before this one,
  // finalized: one record is kept back, because it may be the last.
  std::optional<Process> finalize(Process process, const Values &counted);

  // The last record. It gets all that is left if `all_listed`: otherwise, unlisted tasks may have used that.
  std::optional<Process> finalize_last(const Values &counted, bool all_listed = true);

 private:
  void attribute(Process &process, const Values &counted, bool everything);

  std::optional<Process> kept_;
  Values attributed_{};
};

}  // namespace rusage_bpf
