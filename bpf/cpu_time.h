/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * CPU time to the nanosecond, for tasks that are running as well, and its split into user and
 * system.
 *
 * sum_exec_runtime moves only at a scheduler tick or a switch. Read as it stands, a spinning task
 * lags by up to a tick (4 ms at HZ=250), and rows of 10 ms would show 8, 12, 8, 12. A running
 * task's figure is brought up to date from its CPU's own clock: run queue clocks count from the
 * same sched_clock, less what each CPU spent on interrupts and lost to the hypervisor (clock -
 * clock_task).
 */
#ifndef RUSAGE_BPF_CPU_TIME_H
#define RUSAGE_BPF_CPU_TIME_H

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "kernel_types.h"
#include "order.h"
#include "read.h"
#include "tree.h"

/* How the clock of run queues relates to CLOCK_MONOTONIC. There are two, so that one can be read while the other is
 * written: user space, which alone can read the clock, does so at least every 100 ms, and a tick uses it in between. */
struct {
  __s64 behind;  /* CLOCK_MONOTONIC less our own run queue's clock_task */
  __s64 skipped; /* our own run queue's clock less its clock_task */
  __u64 known;
} clocks[2];
typedef typeof(clocks[0]) run_queue_clock;
__u32 clock_in_use; /* an index, counting up */

static __always_inline run_queue_clock *clock_at(u32 index) {
  return &clocks[index & 1];
}

/* User space asks for its own CPU time right before this, which makes the kernel bring the caller's exec_start up to
 * date; the difference to the clock is then that system call's way out and our way in, a microsecond that is the same
 * each time. */
static __always_inline void read_clock(void) {
  struct task_struct *self = bpf_get_current_task_btf();
  u32 next = clock_in_use + 1;
  run_queue_clock *clock = clock_at(next);
  clock->known = bpf_core_field_exists(self->se.cfs_rq);
  if (!clock->known) return;
  struct rq *rq = BPF_CORE_READ(self, se.cfs_rq, rq);
  clock->behind = bpf_ktime_get_ns() - READ(true, self, se.exec_start);
  clock->skipped = READ(false, rq, clock) - READ(false, rq, clock_task);
  STORE_RELEASE(clock_in_use, next); /* pairs with run_time */
}

/* The kernel brings a running task up to date at each scheduler tick. What seems to have run for
 * longer was not running: a hypervisor had taken the CPU away, which the kernel finds out later. */
const volatile __u64 tick_ns = 10000000;

/* Nanoseconds that `task`, found on a CPU, has run since `exec_start`. */
static __always_inline u64 run_since(struct task_struct *task, const run_queue_clock *clock, u64 exec_start,
                                     const bool direct) {
  struct cfs_rq *cfs_rq = FOLLOW(direct, task, se.cfs_rq);
  struct rq *rq = FOLLOW(direct, cfs_rq, rq);
  if (FOLLOW(direct, rq, curr) != task) return 0;
  s64 skipped = (s64)(READ(direct, rq, clock) - READ(direct, rq, clock_task)) - clock->skipped;
  s64 run = (s64)(bpf_ktime_get_ns() - clock->behind - skipped - exec_start);
  if (run < 0) return 0;
  return run < (s64)tick_ns ? run : tick_ns;
}

/* The kernel moves exec_start first and then the sum: while exec_start stays, the sum read belongs
 * to it. If it has just moved, the sum is as new as can be. A CPU that reorders writes may show both moves the other
 * way round for as long as its store buffer takes: that sum is too high by less than a tick, and user space, which lets
 * no counter go back, makes the next row smaller. */
static __always_inline u64 run_time(struct task_struct *task, const bool direct) {
  const run_queue_clock *clock = clock_at(READ_ONCE(clock_in_use));
  if (!clock->known || !READ(direct, task, on_cpu)) return READ(direct, task, se.sum_exec_runtime);
  u64 exec_start = READ(direct, task, se.exec_start);
  read_barrier();
  u64 since = run_since(task, clock, exec_start, direct);
  u64 run = READ(direct, task, se.sum_exec_runtime);
  read_barrier();
  return READ(direct, task, se.exec_start) == exec_start ? run + since : run;
}

/* The user part of a thread group's run time, as cputime_adjust() in kernel/sched/cputime.c gives
 * it to getrusage and wait4: in proportion to the ticks, all of it user where no tick fell on the
 * system side. Not static, so that the verifier checks it once and not at each place that calls
 * it. */
__noinline u64 user_part(u64 run, u64 user_ticks, u64 system_ticks) {
  u64 user = user_ticks, total = user_ticks + system_ticks;
  if (!system_ticks) return run;
    /* As a fraction of 32 bits the product with the run time needs no 128-bit arithmetic: bring the
     * total, some hundred years at most, below 2^32. */
#pragma unroll
  for (int shift = 16; shift; shift /= 2) {
    if (total >> (31 + shift)) {
      total >>= shift;
      user >>= shift;
    }
  }
  u64 fraction = (user << 32) / total;
  return (run >> 32) * fraction + ((run & 0xffffffff) * fraction >> 32);
}

static __always_inline u64 user_part_of(const struct rusage_cpu_time *time) {
  return user_part(time->run, time->user_ticks, time->system_ticks);
}

#endif
