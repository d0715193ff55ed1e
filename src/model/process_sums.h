// Makes the processes of a recording add up to its rows, to the unit.
#pragma once

#include <optional>
#include <vector>

#include "model/process.h"

namespace rusage_bpf {

// The two are read in the same sample, and are nearly equal. What may differ:
//
//   The split of run time into user and system, which the kernel estimates from ticks: rows go by what a process
//   had in all, spans by their own part of it, and a row never takes back what one before it said.
//   A running task's time, when a hypervisor stopped the CPU: a sample, or an exec, may have counted too much.
//   Forks and execs by tasks that there was no room to track.
//
// So a process is never given more than what the rows have counted and no other process was given. There is
// always as much as it needs, as the rows hold all of it. The last one takes what is left.
class ProcessSums {
 public:
  // Of a process that is over. `counted` is what the rows have reached by now. The process before it comes back
  // with its share: one is held back, as it may be the last.
  std::optional<Process> settle(Process process, const Values &counted);

  // The last one. It takes what is left where `all_listed`: otherwise that is what others used.
  std::optional<Process> settle_last(const Values &counted, bool all_listed = true);

 private:
  void give(Process &process, const Values &counted, bool everything);

  std::optional<Process> held_;
  Values given_{};
};

}  // namespace rusage_bpf
