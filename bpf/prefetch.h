/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Prefetching. The walk over a large tree waits for memory most of its time: a visit touches some twenty cache lines
 * all over the kernel's memory. So it loads from the lines that later visits will need, each chain of pointers one link
 * at a time, and goes on while they arrive. BPF has no prefetch instruction; adding the values to an unused sum keeps
 * the compiler from removing the loads.
 */
#ifndef RUSAGE_BPF_PREFETCH_H
#define RUSAGE_BPF_PREFETCH_H

#include <bpf/bpf_helpers.h>

#include "kernel_types.h"
#include "memory.h"
#include "tree.h"

/* Of a smaller tree, most stays in the CPU's own cache from tick to tick. */
#define LARGE_TREE 1024

/* Steps of the walk: for the slot, the task itself, what it points to, and what that points to. */
#define SLOT_AHEAD 12
#define TASK_AHEAD 8
#define POINTERS_AHEAD 4
#define TABLE_AHEAD 2

/* The slot at `index` of walk_order, and its task; NULL past its ends. */
static __always_inline struct slot *slot_in_walk(u32 index) {
  u32 *number = bpf_map_lookup_elem(&walk_order, &index);
  return number ? slot_at(*number) : NULL;
}
static __always_inline struct task_struct *held_at(u32 index) {
  struct slot *slot = slot_in_walk(index);
  return slot ? slot->task : NULL;
}

/* Loads what visits after the one at `index` will need, one field of each cache line; the walk goes
 * down. Its sum has no meaning. Not static, so that the verifier checks it apart from the visit. */
__noinline u64 prefetch(u32 index) {
  struct slot *slot = slot_in_walk(index - SLOT_AHEAD);
  u64 sum = slot ? slot->group + slot->counted_files : 0;
  struct task_struct *task = held_at(index - TASK_AHEAD);
  if (task) {
    sum += READ(true, task, __state) + READ(true, task, exit_state) + (task->mm ? 1 : 0);
    sum += READ(true, task, se.sum_exec_runtime) + READ(true, task, sched_info.run_delay);
    sum += READ(true, task, utime) + READ(true, task, maj_flt) + (task->files ? 1 : 0);
    sum += READ(true, task, ioac.rchar) + READ(true, task, ioac.write_bytes);
  }
  task = held_at(index - POINTERS_AHEAD);
  struct mm_struct *mm = task ? task->mm : NULL;
  struct files_struct *files = task ? task->files : NULL;
  if (mm) sum += READ(true, mm, mm_users.counter) + READ(true, mm, total_vm);
  if (mm && rss_is_per_cpu())
    sum += READ(true, mm, rss_stat[FILE_PAGES].count) + READ(true, mm, rss_stat[SHMEM_PAGES].count);
  if (files) sum += files->fdt ? 1 : 0;

  task = held_at(index - TABLE_AHEAD);
  files = task ? task->files : NULL;
  struct fdtable *fdt = files ? files->fdt : NULL;
  if (fdt) sum += READ(true, fdt, max_fds);
  return sum;
}

#endif
