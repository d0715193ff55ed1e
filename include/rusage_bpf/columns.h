/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Every column of a row, declared once: this list makes the enumeration below, the kernel side's
 * sums, and the names, units and kinds that the outputs print. Adding a counter is adding one line
 * here.
 *
 *   GAUGE(name, unit)         the state at the row's end, summed over the tree
 *   CPU(name, unit)           half of the run time; the kernel side splits it (bpf/cpu_time.h)
 *   TASK(name, unit, field)   a counter: task_struct's `field`, summed over tasks, exited ones included
 *   EVENT(name, unit)         a counter of events of processes
 *   TIME(name, unit)          when the row ended; user space fills it in
 *
 * A column with the unit `s` is held in nanoseconds everywhere but in the outputs. The first column
 * of every output, `timestamp`, is not a number and not in this list.
 */
#ifndef RUSAGE_BPF_COLUMNS_H
#define RUSAGE_BPF_COLUMNS_H

// clang-format off
#define RUSAGE_COLUMNS(GAUGE, CPU, TASK, EVENT, TIME)                   \
  GAUGE(pid_count, processes)                                           \
  CPU(user, s)                                                          \
  CPU(system, s)                                                        \
  TASK(read_count, calls, ioac.syscr)                                   \
  TASK(write_count, calls, ioac.syscw)                                  \
  TASK(read_bytes, bytes, ioac.rchar)                                   \
  TASK(write_bytes, bytes, ioac.wchar)                                  \
  GAUGE(rss, bytes)                                                     \
  GAUGE(vms, bytes)                                                     \
  TASK(ctx_switches_voluntary, switches, nvcsw)                         \
  TASK(ctx_switches_involuntary, switches, nivcsw)                      \
  GAUGE(num_fds, descriptors)                                           \
  TIME(elapsed, s)                                                      \
  GAUGE(thread_count, tasks)                                            \
  TASK(disk_read_bytes, bytes, ioac.read_bytes)                         \
  TASK(disk_write_bytes, bytes, ioac.write_bytes)                       \
  TASK(minor_faults, faults, min_flt)                                   \
  TASK(major_faults, faults, maj_flt)                                   \
  TASK(run_delay, s, sched_info.run_delay)                              \
  EVENT(forks, processes)                                               \
  EVENT(execs, processes)                                               \
  EVENT(exits, processes)
// clang-format on

#define RUSAGE_COLUMN_ENUM(name, ...) RUSAGE_##name,
enum rusage_column {
  RUSAGE_COLUMNS(RUSAGE_COLUMN_ENUM, RUSAGE_COLUMN_ENUM, RUSAGE_COLUMN_ENUM, RUSAGE_COLUMN_ENUM, RUSAGE_COLUMN_ENUM)
      RUSAGE_COLUMN_COUNT
};
#undef RUSAGE_COLUMN_ENUM

#endif
