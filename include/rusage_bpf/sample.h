/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What one tick of the kernel side leaves for user space: memory that both have mapped. */
#ifndef RUSAGE_BPF_SAMPLE_H
#define RUSAGE_BPF_SAMPLE_H

#include <linux/types.h>

#include "rusage_bpf/columns.h"

struct rusage_sample {
  /* Indexed by enum rusage_column; of execs, only those that no record in the ring buffer tells. Counters are sums since each task was born, and so never start
   * again when a task dies; run time includes what tasks on a CPU have used up to the moment of the
   * look. */
  __u64 value[RUSAGE_COLUMN_COUNT];
  /* CLOCK_MONOTONIC when the walk over the tree began. */
  __u64 monotonic_ns;
  /* Tasks of the tree that no slot was left for: nothing of them is in `value`. */
  __u64 untracked_tasks;
  /* Tasks of the tree that the user could not trace: those that live now, and all that there have been. Nothing of
   * them is in `value`, nor told. */
  __u64 hidden_tasks;
  __u64 untraceable_tasks;
  /* Tasks that are dying but have not made their last switch, so that their counters still move. */
  __u64 dying_tasks;
  /* Births that were seen by the kernel side but whose slots were not filled in yet at this look, and
   * those that the looks so far have taken in. */
  __u64 pending_births;
  __u64 births;
  /* How many events (rusage_bpf/task_event.h) were written so far, and whether there was too little room for this
   * tick's: once they are read, another tick tells the rest. */
  __u64 task_events;
  __u64 more_to_report;
  /* Tasks that have exited unlisted so far, because nobody read the events: what they used is in `value`. */
  __u64 unlisted_tasks;
};

/* What the program that ticks returns: that it has, or that another CPU was just letting exited tasks go, so that it
 * has done nothing, and is to be run again. */
enum rusage_tick_result { RUSAGE_TICKED, RUSAGE_BUSY };

#define RUSAGE_SAMPLE_SIZE ((RUSAGE_COLUMN_COUNT + 10) * 8)
#ifdef __cplusplus
static_assert(sizeof(rusage_sample) == RUSAGE_SAMPLE_SIZE);
#else
_Static_assert(sizeof(struct rusage_sample) == RUSAGE_SAMPLE_SIZE, "shared with user space");
#endif

#endif
