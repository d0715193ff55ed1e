// Task events as a source reports them. Record numbers are chosen by the tests.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "model/task_events.h"

namespace rusage_bpf {

inline constexpr std::uint64_t ms = 1'000'000;

std::shared_ptr<const Image> image(const std::string &command);

rusage_task_event task_event(rusage_task_event_kind kind, std::uint64_t record, unsigned flags = 0);
rusage_task_event fork_event(std::uint64_t record, std::uint64_t parent_record, int pid);
// The exit of the last task of a process.
rusage_task_event exit_event(std::uint64_t record, int status, std::uint64_t peak_rss = 0);
// The event, with these counters.
rusage_task_event used(rusage_task_event event, std::uint64_t run_ns, std::uint64_t reads);

Exec exec(std::uint64_t old_record, std::uint64_t new_record, const std::string &command, std::uint64_t run_ns = 0,
          std::uint64_t reads = 0);

TaskEvents events(std::vector<rusage_task_event> tasks, std::vector<Exec> execs = {});

}  // namespace rusage_bpf
