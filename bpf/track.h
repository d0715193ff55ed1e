/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Tracking tasks that run already: iterators find them while new tasks are created. */
#ifndef RUSAGE_BPF_TRACK_H
#define RUSAGE_BPF_TRACK_H

#include <bpf/bpf_helpers.h>

#include "access.h"
#include "kernel_types.h"
#include "task.h"
#include "tree.h"

__u64 newly_tracked; /* tasks tracked by an iterator so far */

/* Excludes `task` and all its future descendants. */
static __always_inline void exclude(struct task_struct *task) {
  u32 excluded = EXCLUDED;
  bpf_task_storage_get(&membership, task, &excluded, BPF_LOCAL_STORAGE_GET_F_CREATE);
}

static long is_off_cpu(u32 attempt, u64 *task) {
  return !READ(false, (struct task_struct *)*task, on_cpu);
}

/* Where exited tasks are counted at their last switch, on_last_switch may have run before the task was tracked. The
 * task is dead then, and its counters are final as soon as it is off its CPU: a matter of microseconds, unless a
 * hypervisor has stopped that CPU. Then they are microseconds short. */
static __always_inline void count_if_just_exited(struct task_struct *task, u32 number) {
  if (hold_tasks || READ(true, task, __state) != TASK_DEAD) return;
  struct final *final = final_of(number);
  if (!final) return;
  u64 address = (u64)task;
  bpf_loop(1 << 14, is_off_cpu, &address, 0);
  if (final->known) return;
  read_as_kept(&final->reading, task);
  STORE_RELEASE(final->known, 1); /* pairs with read_final */
}

/* Tracks a live task, in the thread group at slot `group`, or with NO_SLOT in one of its own. */
static __always_inline void track(struct task_struct *task, u32 group) {
  u32 *own = claim(task);
  if (!own) return;
  COUNT(newly_tracked, 1);
  /* A leader that has exited before its threads is tracked only so that they are found. */
  if (READ(true, task, exit_state)) {
    *own = NO_SLOT;
    return;
  }
  struct slot *slot = assign_slot(task, own, group, NO_SPAN);
  if (!slot) return;
  if (SELECTION == RUSAGE_COMMAND) show_until_exec(*own);
  publish(slot, SLOT_ENTERED);
  count_if_just_exited(task, *own);
}

/* Tracks `task` if its process is tracked already, or if it `belongs` and leads its process. */
static __always_inline void track_if(struct task_struct *task, struct task_struct *leader, bool belongs) {
  u32 group = NO_SLOT, *stands_for = NULL;
  if (task != leader) {
    u32 *of_leader = membership_of(leader);
    if (READ(true, task, exit_state) || !is_tracked(of_leader)) return;
    struct slot *slot = slot_at(*of_leader);
    if (slot) {
      group = slot->group;
    } else if (READ(true, leader, exit_state)) {
      /* The first of its threads has the group's record in its place. */
      stands_for = of_leader;
    } else { /* a thread of a process that is not tracked */
      u32 *own = claim(task);
      if (!own) return;
      *own = NO_SLOT;
      COUNT(newly_tracked, 1);
      count_untracked();
      return;
    }
  } else if (!belongs) {
    return;
  }
  track(task, group);
  u32 *own = stands_for ? membership_of(task) : NULL;
  if (own) *stands_for = *own;
}

#endif
