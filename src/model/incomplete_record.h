// A process record while its process still runs, or while counters of its tasks are still missing.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "model/process.h"
#include "rusage_bpf/task_event.h"

namespace rusage_bpf {

// What a process executes.
struct Program {
  std::uint64_t exec_id = 0;           // the kernel's number of the exec that started it; 0: not known
  std::shared_ptr<const Image> image;  // null: not known
};

// The sums of counters. They may wrap below zero until all parts are added.
struct Usage {
  rusage_cpu_time cpu{};
  Values value{};

  void add(const rusage_reading &reading);
  void subtract(const rusage_reading &reading);
};

struct IncompleteRecord {
  // Identifies the process: a pid alone may be used again.
  using Identity = std::pair<std::uint64_t, int>;
  [[nodiscard]] Identity identity() const { return {process_start_ns, pid}; }

  // The complete record. `recording_start_ns` is when the recording started, on the clock of the task events.
  [[nodiscard]] Process complete(std::uint64_t recording_start_ns) const;

  int pid = 0;
  int ppid = 0;
  Program program;
  std::uint64_t start_ns = 0;
  std::uint64_t process_start_ns = 0;
  bool forked = false;         // started by an observed fork
  std::uint64_t end_ns = 0;    // 0: the process is live
  bool ended_by_exec = false;  // the process is live, and has another record
  Exit exit;
  Usage usage;
  Known unknown;                   // counters that the source could not read
  std::int64_t tasks = 0;          // tasks whose counters were not reported yet
  std::uint64_t joins = 1;         // how often the process joined the cgroup, minus how often it left
  std::uint64_t new_tasks = 0;     // the number of all new tasks when the record ended
  std::uint64_t earlier_peak = 0;  // the peak of resident memory from the fork to the start of the record
  std::optional<std::uint64_t> peak_rss;
  std::uint64_t unrecorded_peak = 0;  // an upper bound of the peak before the process was recorded
  std::uint64_t parents_unrecorded_peak = 0;
  std::uint64_t children_cpu_ns = 0;          // see TaskEvents
  std::uint64_t earlier_children_cpu_ns = 0;  // the part of it from before the record or the recording
  std::shared_ptr<WaitAccount> account;
  std::shared_ptr<WaitAccount> parents_account;
};

}  // namespace rusage_bpf
