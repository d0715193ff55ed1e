/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Spans of processes (rusage_bpf/task_event.h): the span that a task belongs to, and what is known of its process
 * besides counters. Not in the slots, as a tick over live tasks does not need it. */
#ifndef RUSAGE_BPF_SPAN_H
#define RUSAGE_BPF_SPAN_H

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "clock.h"
#include "kernel_types.h"
#include "order.h"
#include "read.h"
#include "rusage_bpf/task_event.h"

#define NO_SPAN 0

struct history {
  u64 span;       /* of the task itself */
  u64 first_span; /* the one that it began in */
  u64 exec_id;    /* the kernel's number for the last exec that is known of: self_exec_id */

  /* Of its process, where the slot is that of a thread group's record. */
  u64 process_span; /* the one that new threads belong to */
  u64 parent_span;
  u64 start_ns;
  u64 first_exec_id; /* the last exec before `first_span` */
  u64 end_ns;        /* 0: its last task has not come to its end */
  u64 peak_rss;
  u64 most_rss_so_far;
  u32 pid;
  u32 parent_pid;
  u32 status;

  u32 unwaited; /* at its end, no process of the tree was to wait for it */

  u32 report_round; /* the round in which the task was reported as live */
};

/* By slot. */
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, struct history);
} histories SEC(".maps");

__u64 spans; /* begun so far */

/* How deep the recorder's pid namespace is: there a process has numbers[pid_level]. */
__u32 pid_level;

static __always_inline struct history *history_of(u32 number) {
  return bpf_map_lookup_elem(&histories, &number);
}

/* The span of a task by its membership. */
static __always_inline u64 span_of(const u32 *membership) {
  struct history *history = membership ? history_of(*membership) : NULL;
  return history ? history->span : NO_SPAN;
}

/* The number of the process that `leader` leads. */
static __always_inline u32 process_number(struct task_struct *leader) {
  struct pid *pid = BPF_CORE_READ(leader, thread_pid);
  u64 numbers = (u64)pid + bpf_core_field_offset(struct pid, numbers);
  struct upid *upid = (void *)(numbers + pid_level * bpf_core_type_size(struct upid));
  return READ(false, upid, nr);
}

static __always_inline void begin_history(u32 number, struct task_struct *task, u64 parent) {
  struct history *history = history_of(number);
  if (!history) return;
  struct task_struct *leader = BPF_CORE_READ(task, group_leader);
  history->span = history->first_span = history->process_span = FETCH_ADD(spans, 1) + 1;
  history->exec_id = history->first_exec_id = READ(false, task, self_exec_id);
  history->report_round = 0;
  history->parent_span = parent;
  history->start_ns = recorder_ns(READ(false, leader, start_time));
  history->end_ns = 0;
  history->peak_rss = history->most_rss_so_far = 0;
  history->pid = process_number(leader);
  history->parent_pid = process_number(BPF_CORE_READ(leader, real_parent, group_leader));
}

/* For a thread of the process with the record at slot `group`. */
static __always_inline void join_history(u32 number, struct task_struct *task, u32 group) {
  struct history *history = history_of(number);
  struct history *process = history_of(group);
  if (!history || !process) return;
  history->span = history->first_span = process->process_span;
  history->exec_id = READ(false, task, self_exec_id);
  history->report_round = 0;
}

#endif
