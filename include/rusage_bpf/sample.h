/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What ticks leave, in memory that the BPF programs and user space share, and how user space asks for them. */
#ifndef RUSAGE_BPF_SAMPLE_H
#define RUSAGE_BPF_SAMPLE_H

#include <linux/types.h>

#include "rusage_bpf/columns.h"

struct rusage_sample {
  /* Indexed by enum rusage_column; of execs, only those without a record in the ring buffer. Counters are sums since
   * the fork of each task, exited tasks included, so they never go back. Run time includes what tasks on a CPU have
   * used up to the moment of the sample. */
  __u64 value[RUSAGE_COLUMN_COUNT];
  /* CLOCK_MONOTONIC when the walk over the tree began. */
  __u64 monotonic_ns;
  /* Tasks of the target without a free slot: `value` has nothing of them. */
  __u64 untracked_tasks;
  /* Tasks of the target that the user may not trace: the live ones, and all so far. They are neither in `value` nor
   * reported. */
  __u64 hidden_tasks;
  __u64 untraceable_tasks;
  /* Exiting tasks that have not made their last context switch: their counters still move. */
  __u64 dying_tasks;
  /* New tasks: those with a slot that was not filled in yet at this sample, and all that samples have included so far.
   * */
  __u64 pending_new_tasks;
  __u64 new_tasks;
  /* How many events (rusage_bpf/task_event.h) were written so far, and whether this tick's did not all fit: once they
   * are read, another tick reports the rest. */
  __u64 task_events;
  __u64 more_to_report;
  /* Tasks that have exited unlisted so far, as the events were read too late: what they used is in `value`. */
  __u64 unlisted_tasks;
  /* The CPU time of the ticks of the kernel's clock so far. */
  __u64 clock_cpu_ns;
};

/* What the tick program is asked for. A sample is left in `sample`; with the kernel's clock, samples are left in a ring
 * from then on, until it is stopped. RUSAGE_TAKE_DUE_SAMPLE leaves one there where the clock is late, as the kernel
 * puts off software interrupts where there are many. RUSAGE_READ_CLOCK: see bpf/cpu_time.h; a sample does that as well.
 * */
enum rusage_tick_request {
  RUSAGE_TAKE_SAMPLE,
  RUSAGE_TAKE_DUE_SAMPLE,
  RUSAGE_READ_CLOCK,
  RUSAGE_START_CLOCK,
  RUSAGE_STOP_CLOCK
};

/* The kernel's clock takes `samples_per_row` samples in each `row_ns`, evenly, from `start_ns` on and before `end_ns`.
 * */
struct rusage_tick_context {
  __u64 start_ns; /* CLOCK_MONOTONIC */
  __u64 row_ns;
  __u64 end_ns;
  __u32 samples_per_row;
  __u32 request;
};

/* What the tick program returns. RUSAGE_BUSY: another CPU was sweeping (bpf/sweep.h); nothing was done, and the program
 * is to be run again. RUSAGE_UNFINISHED: the kernel's clock goes on with the tick. RUSAGE_REFUSED: this kernel does not
 * let the clock start. */
enum rusage_tick_result { RUSAGE_TICKED, RUSAGE_BUSY, RUSAGE_UNFINISHED, RUSAGE_REFUSED };

#define RUSAGE_SAMPLE_SIZE ((RUSAGE_COLUMN_COUNT + 11) * 8)
#ifdef __cplusplus
static_assert(sizeof(rusage_sample) == RUSAGE_SAMPLE_SIZE);
#else
_Static_assert(sizeof(struct rusage_sample) == RUSAGE_SAMPLE_SIZE, "shared with user space");
#endif

#endif
