/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Every column of a row, with what its users need to know of it. These lists make the enumeration below, the sums of
 * the BPF programs, and src/model/column.h, which every output reads. A counter of task_struct is one more line here.
 *
 *   GAUGE(name, unit, sources, chart, label)                    the state at the row's end, summed over the tree
 *   CPU(name, unit, sources, chart, label, processes)           a part of the run time; split in bpf/cpu_time.h
 *   TASK(name, unit, field, sources, chart, label, processes)   a counter: task_struct's `field`, summed over tasks
 *   EVENT(name, unit, sources, chart, label, processes)         a counter of events of processes
 *   TIME(name, unit)                                            when the row ended; user space fills it in
 *
 *   unit        `s` is nanoseconds everywhere but in the outputs; `bytes`; any other unit is a plain number
 *   sources     bpf or bpf_and_proc: which sources have it
 *   chart       where it is drawn: a line of RUSAGE_CHARTS
 *   label       its name beside a value, in a legend and above a table's column
 *   processes   summed: each process record has its own part of it; shown: the page's tables show that part too
 *
 * The BPF programs use `name` and `field` only. The first column of every output, `timestamp`, is not a number and not
 * in this list.
 */
#ifndef RUSAGE_BPF_COLUMNS_H
#define RUSAGE_BPF_COLUMNS_H

// clang-format off
#define RUSAGE_COLUMNS(GAUGE, CPU, TASK, EVENT, TIME)                                                              \
  GAUGE(pid_count, processes, bpf_and_proc, live, "processes")                                                    \
  CPU(user, s, bpf_and_proc, cpu_time, "user", shown)                                                              \
  CPU(system, s, bpf_and_proc, cpu_time, "system", shown)                                                          \
  TASK(read_count, calls, ioac.syscr, bpf_and_proc, io_calls, "read calls", summed)                                \
  TASK(write_count, calls, ioac.syscw, bpf_and_proc, io_calls, "write calls", summed)                              \
  TASK(read_bytes, bytes, ioac.rchar, bpf_and_proc, io_bytes, "read", shown)                                       \
  TASK(write_bytes, bytes, ioac.wchar, bpf_and_proc, io_bytes, "written", shown)                                   \
  GAUGE(rss, bytes, bpf_and_proc, resident, "rss")                                                                 \
  GAUGE(vms, bytes, bpf_and_proc, address_space, "vms")                                                            \
  TASK(ctx_switches_voluntary, switches, nvcsw, bpf_and_proc, switches, "voluntary", summed)                       \
  TASK(ctx_switches_involuntary, switches, nivcsw, bpf_and_proc, switches, "involuntary", summed)                  \
  GAUGE(num_fds, descriptors, bpf_and_proc, descriptors, "open descriptors")                                       \
  TIME(elapsed, s)                                                                                                 \
  GAUGE(thread_count, tasks, bpf_and_proc, live, "tasks")                                                         \
  TASK(disk_read_bytes, bytes, ioac.read_bytes, bpf_and_proc, storage, "from storage", shown)                      \
  TASK(disk_write_bytes, bytes, ioac.write_bytes, bpf_and_proc, storage, "to storage", shown)                      \
  TASK(minor_faults, faults, min_flt, bpf_and_proc, minor_faults, "minor", summed)                                 \
  TASK(major_faults, faults, maj_flt, bpf_and_proc, major_faults, "major", summed)                                 \
  TASK(run_delay, s, sched_info.run_delay, bpf_and_proc, run_delay, "waiting", shown)                              \
  EVENT(forks, processes, bpf, forks_and_exits, "forks", summed)                                                   \
  EVENT(execs, processes, bpf, forks_and_exits, "execs", summed)                                                   \
  EVENT(exits, processes, bpf, forks_and_exits, "exits", summed)

/*
 * GROUP(id, name, title, colour): a line of the summary, which begins with `name`, and a card of the page with `title`.
 * The first line of each of its charts has `colour`, and the next ones those that follow in page.css.
 */
#define RUSAGE_GROUPS(GROUP)                                          \
  GROUP(cpu, "CPU", "CPU, % of one core", first)                      \
  GROUP(memory, "memory", "Memory", third)                            \
  GROUP(io, "I/O", "Reads and writes", first)                         \
  GROUP(processes, "processes", "Processes", first)                   \
  GROUP(run_delay, "run delay", "Waiting for a CPU", second)          \
  GROUP(switches, "switches", "Context switches", first)              \
  GROUP(faults, "faults", "Page faults", third)

/* CHART(id, group, name): what a card can show, with its button's text; it shows the first one of its group first. */
#define RUSAGE_CHARTS(CHART)                                          \
  CHART(cpu_time, cpu, "as used")                                     \
  CHART(resident, memory, "resident")                                 \
  CHART(address_space, memory, "virtual")                             \
  CHART(io_bytes, io, "bytes")                                        \
  CHART(io_calls, io, "calls")                                        \
  CHART(storage, io, "storage")                                       \
  CHART(live, processes, "live")                                     \
  CHART(forks_and_exits, processes, "forks and exits")                \
  CHART(descriptors, processes, "descriptors")                        \
  CHART(run_delay, run_delay, "tasks")                                \
  CHART(switches, switches, "switches")                               \
  CHART(minor_faults, faults, "minor")                                \
  CHART(major_faults, faults, "major")
// clang-format on

#define RUSAGE_COLUMN_ENUM(name, ...) RUSAGE_##name,
enum rusage_column {
  RUSAGE_COLUMNS(RUSAGE_COLUMN_ENUM, RUSAGE_COLUMN_ENUM, RUSAGE_COLUMN_ENUM, RUSAGE_COLUMN_ENUM, RUSAGE_COLUMN_ENUM)
      RUSAGE_COLUMN_COUNT
};
#undef RUSAGE_COLUMN_ENUM

#endif
