// Arithmetic with the counters of tasks: struct rusage_reading in rusage_bpf/task_event.h.
#pragma once

#include <cstdint>

#include "model/column.h"
#include "rusage_bpf/task_event.h"

namespace rusage_bpf {

inline void add(rusage_reading &sum, const rusage_reading &part) {
  sum.cpu.run += part.cpu.run;
  sum.cpu.user_ticks += part.cpu.user_ticks;
  sum.cpu.system_ticks += part.cpu.system_ticks;
#define RUSAGE_ADD(name, unit, field, ...) sum.name += part.name;
  RUSAGE_COLUMNS(RUSAGE_NOTHING, RUSAGE_NOTHING, RUSAGE_ADD, RUSAGE_NOTHING, RUSAGE_NOTHING)
#undef RUSAGE_ADD
}

// A difference may wrap below zero if one side is an estimate: see at_least_zero.
inline rusage_reading difference(const rusage_reading &all, const rusage_reading &part) {
  rusage_reading rest = all;
  rest.cpu.run -= part.cpu.run;
  rest.cpu.user_ticks -= part.cpu.user_ticks;
  rest.cpu.system_ticks -= part.cpu.system_ticks;
#define RUSAGE_SUBTRACT(name, unit, field, ...) rest.name -= part.name;
  RUSAGE_COLUMNS(RUSAGE_NOTHING, RUSAGE_NOTHING, RUSAGE_SUBTRACT, RUSAGE_NOTHING, RUSAGE_NOTHING)
#undef RUSAGE_SUBTRACT
  return rest;
}

// Returns 0 for a sum that wrapped below zero because an estimate was too high.
std::uint64_t at_least_zero(std::uint64_t sum);

// The user part of run time, in proportion to the ticks, as the kernel does for a process: bpf/cpu_time.h.
std::uint64_t user_part(const rusage_cpu_time &cpu);

}  // namespace rusage_bpf
