/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Reading the counters of one task, which are final once it has made its last switch. */
#ifndef RUSAGE_BPF_TASK_H
#define RUSAGE_BPF_TASK_H

#include <bpf/bpf_helpers.h>

#include "cpu_time.h"
#include "kernel_types.h"
#include "order.h"
#include "read.h"
#include "rusage_bpf/task_event.h"

#define TASK_DEAD 0x80 /* include/linux/sched.h, the same since 4.14 */

#define NOTHING RUSAGE_NOTHING

struct final {
  u64 known;
  u64 moved_out; /* it is still live, elsewhere */
  struct rusage_reading reading;
};

/* By slot: what dying tasks left, where they are counted at their last switch; and what tasks that
 * moved out of the cgroup had used until then. */
#if !HOLD_TASKS || SELECTION == RUSAGE_CGROUP
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, struct final);
} finals SEC(".maps");

static __always_inline struct final *final_of(u32 number) {
  return bpf_map_lookup_elem(&finals, &number);
}
#else
static __always_inline struct final *final_of(u32 number) {
  return NULL;
}
#endif

/* By slot, for a cgroup alone: what a task had used before it moved in. */
#if SELECTION == RUSAGE_CGROUP
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, struct rusage_reading);
} arrivals SEC(".maps");

static __always_inline struct rusage_reading *arrival_of(u32 number) {
  return bpf_map_lookup_elem(&arrivals, &number);
}
#else
static __always_inline struct rusage_reading *arrival_of(u32 number) {
  return NULL;
}
#endif

static __always_inline void read_counters(struct rusage_reading *reading, struct task_struct *task, const bool direct) {
  reading->cpu.user_ticks = READ(direct, task, utime);
  reading->cpu.system_ticks = READ(direct, task, stime);
#define READ_COUNTER(name, unit, field, ...) reading->name = READ(direct, task, field);
  RUSAGE_COLUMNS(NOTHING, NOTHING, READ_COUNTER, NOTHING, NOTHING)
#undef READ_COUNTER
}

/* The counters at a moment outside the tick, by the clock of the last one. */
static __always_inline void read_now(struct rusage_reading *reading, struct task_struct *task) {
  read_counters(reading, task, true);
  reading->cpu.run = run_time(task, false);
}

/* The counters as the kernel has them, the run time not brought up to date: final ones. */
static __always_inline void read_as_kept(struct rusage_reading *reading, struct task_struct *task) {
  read_counters(reading, task, true);
  reading->cpu.run = READ(true, task, se.sum_exec_runtime);
}

static __always_inline void add_cpu_time(struct rusage_cpu_time *sum, const struct rusage_cpu_time *time) {
  sum->run += time->run;
  sum->user_ticks += time->user_ticks;
  sum->system_ticks += time->system_ticks;
}

static __always_inline void subtract_cpu_time(struct rusage_cpu_time *sum, const struct rusage_cpu_time *time) {
  sum->run -= time->run;
  sum->user_ticks -= time->user_ticks;
  sum->system_ticks -= time->system_ticks;
}

/* Reads a task's counters if they are final. */
static __always_inline bool read_final(struct rusage_reading *reading, struct task_struct *task, struct final *final) {
  if (final && READ_ONCE(final->known)) {
    full_barrier(); /* pairs with the STORE_RELEASE of each final->known */
    *reading = final->reading;
    return true;
  }
  if (!hold_tasks || READ(true, task, __state) != TASK_DEAD || READ(true, task, on_cpu)) return false;
  full_barrier(); /* no counter is read before on_cpu was: pairs with finish_task() in kernel/sched/core.c */
  read_as_kept(reading, task);
  return true;
}

/* Reads a task's counters, true when they are final. */
static __always_inline bool read_task(struct rusage_reading *reading, struct task_struct *task, struct final *final) {
  if (read_final(reading, task, final)) return true;
  read_counters(reading, task, hold_tasks);
  reading->cpu.run = run_time(task, hold_tasks);
  if (hold_tasks) return false;
  read_barrier();
  /* Known by now: the memory just read may have been given away meanwhile. */
  return read_final(reading, task, final);
}

#endif
