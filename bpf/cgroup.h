/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Tracking by cgroup (v2): all tasks in the chosen cgroup and below it. A task that moves in counts from then on:
 * `arrivals` holds what it had used before, and the tick subtracts it at its first visit. When a task moves out, its
 * counters at that moment are its final ones.
 */
#ifndef RUSAGE_BPF_CGROUP_H
#define RUSAGE_BPF_CGROUP_H

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "kernel_types.h"
#include "sweep.h"
#include "task.h"
#include "track.h"
#include "tree.h"

/* Processes that moved with threads that were not found here: user space then runs track_by_cgroup. */
__u64 groups_moved;

struct lineage {
  u64 ancestors; /* the address of the array of pointers */
  bool found;
};

static long is_ancestor(u32 level, struct lineage *lineage) {
  struct cgroup *ancestor = NULL;
  bpf_probe_read_kernel(&ancestor, sizeof(ancestor), (void *)(lineage->ancestors + level * sizeof(ancestor)));
  lineage->found = READ_FAR(ancestor, kn, id) == cgroup_id;
  return lineage->found;
}

static __always_inline bool is_in_cgroup(struct task_struct *task) {
  struct cgroup *cgroup = BPF_CORE_READ(task, cgroups, dfl_cgrp);
  struct lineage lineage = {.ancestors = (u64)cgroup + bpf_core_field_offset(struct cgroup, ancestors)};
  bpf_loop(READ(false, cgroup, level) + 1, is_ancestor, &lineage, 0);
  return lineage.found;
}

/* The slot with the record of the thread group of `task`, which is not its leader; NO_SLOT where no
 * member has one yet. */
static __always_inline u32 group_of(struct task_struct *leader) {
  u32 *of_leader = membership_of(leader);
  struct slot *slot = is_tracked(of_leader) ? slot_at(*of_leader) : NULL;
  return slot ? slot->group : NO_SLOT;
}

static __always_inline void move_in(struct task_struct *task, struct task_struct *leader) {
  if (READ(true, task, exit_state)) return;
  u32 *own = claim(task);
  struct slot *slot = own ? assign_slot(task, own, task == leader ? NO_SLOT : group_of(leader), NO_SPAN) : NULL;
  struct rusage_reading *before = slot ? arrival_of(*own) : NULL;
  if (!before) return;
  read_now(before, task);
  publish(slot, SLOT_ARRIVED);
  count_if_just_exited(task, *own);
  /* Where the leader has ended before its threads, the first of them stands for it. */
  if (task != leader && READ(true, leader, exit_state)) {
    u32 *of_leader = claim(leader);
    if (of_leader) *of_leader = *own;
  }
}

static __always_inline void move_out(struct task_struct *task, u32 *own) {
  struct final *final = final_of(*own);
  if (final && !final->known) {
    read_now(&final->reading, task);
    final->moved_out = 1;
    STORE_RELEASE(final->known, 1); /* pairs with read_final */
    queue_exited(*own);
  }
  STORE_RELEASE(*own, UNCLAIMED); /* pairs with claim */
}

/* Makes the task's membership what its cgroup says. The leader of its process is given: for each pointer to it that a
 * program follows, the kernel searches its types for about a millisecond when it loads the program. */
static __always_inline void update_membership(struct task_struct *task, struct task_struct *leader) {
  u32 *own = membership_of(task);
  if (own && *own == EXCLUDED) return;
  bool inside = is_in_cgroup(task);
  if (inside && !is_tracked(own))
    move_in(task, leader);
  else if (!inside && is_tracked(own))
    move_out(task, own);
}

#if HOLD_TASKS && SELECTION == RUSAGE_CGROUP
/* The kernel has interrupts off meanwhile. */
#define MOST_THREADS_AT_ONCE 1024

struct threads_walk {
  u64 head; /* addresses: of the list, */
  u64 node; /* and of the next thread's place in it */
  bool whole;
};

static long update_next_thread(u32 step, struct threads_walk *walk) {
  if (!walk->node || walk->node == walk->head) {
    walk->whole = walk->node;
    return 1;
  }
  struct task_struct *thread = (void *)(walk->node - bpf_core_field_offset(struct task_struct, thread_node));
  struct task_struct *held = bpf_task_from_pid(READ(false, thread, pid));
  if (held) {
    update_membership(held, held->group_leader);
    bpf_task_release(held);
  }
  walk->node = (u64)BPF_CORE_READ(thread, thread_node.next);
  return 0;
}

/* Sorts the threads of the process that `task` leads; a process cannot fork or exit while it moves. */
static __always_inline bool update_threads(struct task_struct *task) {
  struct signal_struct *signal = BPF_CORE_READ(task, signal);
  struct threads_walk walk = {.head = (u64)&signal->thread_head};
  walk.node = (u64)BPF_CORE_READ(signal, thread_head.next);
  bpf_loop(MOST_THREADS_AT_ONCE, update_next_thread, &walk, 0);
  return walk.whole;
}
#else
/* Without the means to get hold of a thread. */
static __always_inline bool update_threads(struct task_struct *task) {
  return false;
}
#endif

#endif
