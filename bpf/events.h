/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Events of single tasks: a ring that is written under the lock of sweep.h, and that user space reads after each tick.
 * If the events of a tick do not fit, user space reads and runs the tick again. A sweep runs while user space is late,
 * and drops what does not fit.
 */
#ifndef RUSAGE_BPF_EVENTS_H
#define RUSAGE_BPF_EVENTS_H

#include <bpf/bpf_helpers.h>

#include "access.h"
#include "kernel_types.h"
#include "rusage_bpf/sample.h"
#include "span.h"
#include "task.h"
#include "tree.h"

struct rusage_sample sample;

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, RUSAGE_TASK_EVENTS);
  __type(key, u32);
  __type(value, struct rusage_task_event);
} task_events SEC(".maps");

/* Positions count up and never wrap. `events_read` is user space's. */
__u64 events_written;
__u64 events_read;

/* Exited tasks of which an event was left out. */
__u64 unlisted_tasks;

/* Under the lock: whether events that do not fit are dropped, as by sweeps, and not left for the next tick. */
__u32 drops_events;

/* The last quarter is for the exits of those that are listed then: without, user space would take them to be alive. */
#define MOST_BEFORE_DROPPED_FORKS (RUSAGE_TASK_EVENTS / 4 * 3)

/* Events that do not fit wait for the next tick of the kernel's clock, for that long; then user space does not read. */
#define LONGEST_WAIT_OF_EVENTS_NS 100000000ULL

__u64 events_wait_since_ns; /* 0: none waits */

/* Under the lock, before a tick: whether events have waited for too long since there was much room. */
static __always_inline bool events_wait_too_long(void) {
  u64 now_ns = bpf_ktime_get_ns();
  if (!events_wait_since_ns && sample.more_to_report) events_wait_since_ns = now_ns;
  if (events_written - READ_ONCE(events_read) <= RUSAGE_TASK_EVENTS / 2) events_wait_since_ns = 0;
  return events_wait_since_ns && now_ns - events_wait_since_ns > LONGEST_WAIT_OF_EVENTS_NS;
}

/* A place in the ring; NULL where it is full. */
static __always_inline struct rusage_task_event *new_event(enum rusage_task_event_kind kind, u32 number) {
  u64 waiting = events_written - READ_ONCE(events_read);
  u64 most = drops_events && kind == RUSAGE_NEW ? MOST_BEFORE_DROPPED_FORKS : RUSAGE_TASK_EVENTS;
  u32 index = events_written % RUSAGE_TASK_EVENTS;
  struct rusage_task_event *event = bpf_map_lookup_elem(&task_events, &index);
  struct history *history = history_of(number);
  if (waiting >= most || !event || !history) {
    if (!drops_events) sample.more_to_report = 1;
    return NULL;
  }
  events_written++;
  event->kind = kind;
  event->flags = 0;
  event->span = kind == RUSAGE_NEW ? history->first_span : history->span;
  return event;
}

/* Of a process that is forked, or found. */
static __always_inline void report_start(struct rusage_task_event *event, u32 number) {
  struct history *history = history_of(number);
  if (!history) return;
  event->flags |= RUSAGE_PROCESS;
  event->parent_span = history->parent_span;
  event->start_ns = history->start_ns;
  event->exec_id = history->first_exec_id;
  event->pid = history->pid;
  event->parent_pid = history->parent_pid;
}

/* How the process ended, once its last task is gone. */
static __always_inline void report_end(struct rusage_task_event *event, u32 group, bool moved_out) {
  struct history *history = history_of(group);
  if (!history) return;
  event->flags |= RUSAGE_PROCESS | (moved_out ? RUSAGE_MOVED : history->end_ns ? RUSAGE_STATUS : 0);
  if (history->unwaited) event->flags |= RUSAGE_UNWAITED;
  event->process_span = history->process_span;
  event->end_ns = history->end_ns;
  event->status = history->status;
  event->peak_rss = history->peak_rss;
  event->most_rss_so_far = history->most_rss_so_far;
  if (was_ever_hidden(group)) event->peak_rss = event->most_rss_so_far = 0;
}

/* Lists a task that is alive and that there was no room for when it was forked: a thread once its
 * process is listed. */
static __always_inline void report_late(u32 number, struct slot *slot, struct slot *group) {
  bool process = slot->group == number;
  if (!process && !group->process_listed) return;
  struct rusage_task_event *event = new_event(RUSAGE_NEW, number);
  struct history *history = history_of(number);
  if (!event || !history) return;
  event->span = history->span;
  event->flags = RUSAGE_LATE;
  struct rusage_reading *before = slot->state == SLOT_ARRIVED ? arrival_of(number) : NULL;
  if (before)
    event->reading = *before;
  else
    __builtin_memset(&event->reading, 0, sizeof(event->reading));
  if (process) report_start(event, number);
  slot->listed = true;
  if (process) slot->process_listed = true;
}

#endif
