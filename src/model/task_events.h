// The task events of one sample. rusage_bpf/task_event.h explains the events; in it, a record's number is its `span`.
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
  std::uint64_t children_cpu_ns = 0;  // see TaskEvents
};

struct TaskEvents {
  std::vector<rusage_task_event> tasks;
  std::vector<Exec> execs;
  // By record: what a process executes that was already running, without an observed fork or exec.
  std::unordered_map<std::uint64_t, std::shared_ptr<const Image>> found;
  // By record: the counters that the source cannot read.
  std::unordered_map<std::uint64_t, Known> unknown;
  // By record: the part of the process's CPU time so far that reaped children used, if the source cannot separate it.
  std::unordered_map<std::uint64_t, std::uint64_t> children_cpu_ns;
  std::uint64_t new_tasks_reported = 0;  // by these and all earlier events
  std::uint64_t new_tasks = 0;           // all new tasks up to the sample
  std::uint64_t monotonic_ns = 0;        // the time of the sample
};

}  // namespace rusage_bpf
