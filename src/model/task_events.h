// A source's events of single tasks; rusage_bpf/task_event.h says what they mean.
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "model/process.h"
#include "rusage_bpf/task_event.h"

namespace rusage_bpf {

struct Exec {
  rusage_exec record;
  std::shared_ptr<const Image> image;
  std::uint64_t children_cpu_ns = 0;  // of the process so far; see below
};

struct TaskEvents {
  std::vector<rusage_task_event> tasks;
  std::vector<Exec> execs;
  // The program of each process that was found running, without an observed fork or exec.
  std::unordered_map<std::uint64_t, std::shared_ptr<const Image>> found;
  // The counters that the source cannot read, or could not of this span.
  std::unordered_map<std::uint64_t, Known> unknown;
  // Of spans: how much of their processes' CPU time so far others have used, that the source cannot tell apart.
  std::unordered_map<std::uint64_t, std::uint64_t> children_cpu_ns;
  // How many new tasks these and all earlier events hold, and how many there had been at their end.
  std::uint64_t new_tasks_reported = 0;
  std::uint64_t new_tasks = 0;
  std::uint64_t monotonic_ns = 0;  // when it ended
};

}  // namespace rusage_bpf
