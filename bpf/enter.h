/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Making members of tasks that live already, found by iterators over tasks while births go on. */
#ifndef RUSAGE_BPF_ENTER_H
#define RUSAGE_BPF_ENTER_H

#include <bpf/bpf_helpers.h>

#include "access.h"
#include "kernel_types.h"
#include "task.h"
#include "tree.h"

__u64 entered; /* how often a task was made a member here */

/* Marks `task` as never of the tree, with all that it will start. */
static __always_inline void keep_outside(struct task_struct *task) {
  u32 outside = OUTSIDE;
  bpf_task_storage_get(&membership, task, &outside, BPF_LOCAL_STORAGE_GET_F_CREATE);
}

static long is_off_cpu(u32 attempt, u64 *task) {
  return !READ(false, (struct task_struct *)*task, on_cpu);
}

/* Where the dead are counted at their last switch, one who made it before it was a member was not
 * seen. It is dead already then, and its counters are final as soon as it is off its CPU: a matter of
 * microseconds, unless a hypervisor has taken the CPU away. Then they are microseconds short. */
static __always_inline void count_if_just_died(struct task_struct *task, u32 number) {
  if (hold_tasks || READ(true, task, __state) != TASK_DEAD) return;
  struct final *final = final_of(number);
  if (!final) return;
  u64 address = (u64)task;
  bpf_loop(1 << 14, is_off_cpu, &address, 0);
  if (final->known) return;
  read_as_kept(&final->reading, task);
  __sync_lock_test_and_set(&final->known, 1);
}

/* Makes a living task a member, in the thread group at slot `group`, or with one of its own. */
static __always_inline void enter(struct task_struct *task, u32 group) {
  u32 *own = claim(task);
  if (!own) return;
  __sync_fetch_and_add(&entered, 1);
  /* A leader that has ended before its threads: it is a member so that they are found, no more. */
  if (READ(true, task, exit_state)) {
    *own = NO_SLOT;
    return;
  }
  struct slot *slot = give_slot(task, own, group, NO_SPAN);
  if (!slot) return;
  if (SELECTION == RUSAGE_COMMAND) show_until_exec(*own);
  publish(slot, SLOT_ENTERED);
  count_if_just_died(task, *own);
}

/* Enters `task` if its process is a member already, or if it `belongs` and leads its process. */
static __always_inline void enter_if(struct task_struct *task, struct task_struct *leader,
                                     bool belongs) {
  u32 group = NO_SLOT, *stands_for = NULL;
  if (task != leader) {
    u32 *of_leader = membership_of(leader);
    if (READ(true, task, exit_state) || !is_member(of_leader)) return;
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
      __sync_fetch_and_add(&entered, 1);
      count_untracked();
      return;
    }
  } else if (!belongs) {
    return;
  }
  enter(task, group);
  u32 *own = stands_for ? membership_of(task) : NULL;
  if (own) *stands_for = *own;
}

#endif
