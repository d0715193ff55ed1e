/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Bounds how many exited tasks are held, and for how long. A held task takes some 8 KB, which the kernel charges to the
 * task's own memory cgroup: a late recorder would take memory from the command.
 *
 * A task that exits is put into a queue. The tick releases all tasks in the queue that have made their last switch. If
 * the tick is late, new tasks sweep: when the queue is longer than MOST_EXITED, or the last tick is older than
 * LONGEST_PAUSE_NS, a sweep releases some tasks, and adds their counters to the sums as a tick does. A sweep releases
 * more tasks than are created between two sweeps, so that a new task pays for about one exited task.
 *
 * The tick and sweeps exclude each other by a lock that is tried and never waited for.
 */
#ifndef RUSAGE_BPF_SWEEP_H
#define RUSAGE_BPF_SWEEP_H

#include <bpf/bpf_helpers.h>

#include "access.h"
#include "clock.h"
#include "cpu_time.h"
#include "events.h"
#include "kernel_types.h"
#include "task.h"
#include "tree.h"

#define MOST_EXITED 256
#define LONGEST_PAUSE_NS 1000000000ULL
#define SWEPT_AT_ONCE 64
#define NEW_TASKS_SWEPT_AT_ONCE 256

/* Slots of tasks that have exited, or moved out of the cgroup: number + 1 and above it the slot's use,
 * which shows whether the slot was given back meanwhile; 0 while the entry is written. A circular queue. */
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, u64);
} exited_slots SEC(".maps");

/* Positions count up and never wrap. */
struct {
  __u64 put;
  __u64 taken; /* under the lock */
} exit_queue;

__u32 sums_locked;

/* Sums over exited tasks and those that moved out, and the numbers of forks, execs and exits; each tick adds the live
 * tasks. */
__u64 exited_sums[RUSAGE_COLUMN_COUNT];
__u64 live_groups;
__u64 reported_tasks; /* counted where some tasks are hidden alone */

/* Of one tick, under the lock. In memory and not on the stack: the verifier would check a visit again for each state of
 * the stack. */
struct {
  __u32 length;     /* of walk_order when the walk began */
  __u32 visited;    /* so far */
  __u32 unfinished; /* the tick goes on later, and keeps the lock meanwhile */
  __u64 run;        /* of the thread groups that still live */
  __u64 user;       /* the user part of it */
  __u64 prefetched; /* see prefetch.h */
} walk;

/* Of the task that is visited. */
struct rusage_reading reading;

static __always_inline bool try_lock_sums(void) {
  return COMPARE_EXCHANGE(sums_locked, 0, 1) == 0; /* pairs with unlock_sums */
}
static __always_inline void unlock_sums(void) {
  STORE_RELEASE(sums_locked, 0); /* pairs with try_lock_sums */
}

/* To be called once for a task that has a slot, when it exits or moves out. One that is forgotten here,
 * as the queue is full, is found by the next tick. */
static __always_inline void queue_exited(u32 number) {
  struct slot *slot = slot_at(number);
  if (!slot || exit_queue.put - exit_queue.taken >= capacity) return;
  u32 index = FETCH_ADD(exit_queue.put, 1) % capacity;
  u64 *entry = bpf_map_lookup_elem(&exited_slots, &index);
  /* Pairs with retire_exited. */
  if (entry) STORE_RELEASE(*entry, (u64)slot->use << 32 | (number + 1));
}

/* When a hypervisor stops a CPU, the run time read at a task's arrival may be a little too high. The reading does not
 * go back below it. */
static __always_inline void not_before_arrival(u32 number, struct slot *slot) {
  struct rusage_reading *before = slot->state == SLOT_ARRIVED ? arrival_of(number) : NULL;
  if (before && reading.cpu.run < before->cpu.run) reading.cpu.run = before->cpu.run;
}

/* What a task had used before it came is not the cgroup's. */
static __always_inline void subtract_arrival(u32 number, struct slot *slot, struct rusage_task_event *event) {
  struct rusage_reading *before = arrival_of(number);
  struct slot *group = slot_at(slot->group);
  if (!before || !group) return;
#define SUBTRACT(name, unit, field, ...) exited_sums[RUSAGE_##name] -= before->name;
  RUSAGE_COLUMNS(NOTHING, NOTHING, SUBTRACT, NOTHING, NOTHING)
#undef SUBTRACT
  subtract_cpu_time(&group->exited, &before->cpu);
  if (!event) return;
  event->reading = *before;
  event->flags |= RUSAGE_MOVED;
}

/* Notes that this task is among those that are reported, or no longer: whether that makes a difference for its process,
 * which begins with the first task that is reported, and ends with the last. */
static __always_inline bool report_begins(struct access *access, u32 group) {
  struct access *process = access_of(group);
  access->reported = 1;
  reported_tasks++;
  return process && process->members++ == 0;
}
static __always_inline bool report_ends(struct access *access, u32 group) {
  struct access *process = access_of(group);
  access->reported = 0;
  reported_tasks--;
  return process && --process->members == 0;
}

/* Moves the next new task to walk_order; stops at one that is still being written. */
static long drain_new_task(u32 step, void *context) {
  u32 number = slot_number_at(queue.drained);
  struct slot *slot = slot_at(number);
  u32 index = walked;
  u32 *place = bpf_map_lookup_elem(&walk_order, &index);
  if (!slot || !place) return 1;
  struct slot *group = slot_at(slot->group);
  u32 state = READ_ONCE(slot->state);
  full_barrier(); /* pairs with publish */
  if (!group || state == SLOT_FILLING) return 1;
  struct access *access = access_of(number);
  struct access *process = access_of(slot->group);
  bool hidden = access && access->began_hidden; /* the walk reports it once it is traceable */
  bool begins = process ? process->members == 0 : slot->group == number;
  bool reports = !hidden && (begins || group->process_listed);
  struct rusage_task_event *event = reports ? new_event(RUSAGE_NEW, number) : NULL;
  if (reports && !event && !drops_events) return 1;
  *place = number;
  slot->place = index;
  walked++;
  queue.drained++;
  if (hidden) return 0;
  slot->listed = event != NULL;
  if (event) __builtin_memset(&event->reading, 0, sizeof(event->reading));
  if (state == SLOT_ARRIVED) subtract_arrival(number, slot, event);
  if (access) report_begins(access, slot->group);
  if (begins) {
    if (event) report_start(event, slot->group);
    group->process_listed = event != NULL;
    live_groups++;
    if (state == SLOT_BORN && slot->group == number) exited_sums[RUSAGE_forks]++;
  }
  return 0;
}

/* Takes the slot out of walk_order. A walk goes from its end to its start, so that the one that is
 * moved to the empty place was visited already. */
static __always_inline void remove_from_walk(struct slot *slot) {
  u32 last_index = --walked;
  u32 place = slot->place;
  u32 *last = bpf_map_lookup_elem(&walk_order, &last_index);
  u32 *here = bpf_map_lookup_elem(&walk_order, &place);
  if (!last || !here) return;
  *here = *last;
  struct slot *moved = slot_at(*last);
  if (moved) moved->place = place;
}

/* Adds what a task has used to the sums over exited tasks, and writes it to `event`, if there is one. */
static __always_inline void count_gone(struct slot *group, struct rusage_task_event *event) {
  if (event) event->reading = reading;
#define ADD_DEAD(name, unit, field, ...) exited_sums[RUSAGE_##name] += reading.name;
  RUSAGE_COLUMNS(NOTHING, NOTHING, ADD_DEAD, NOTHING, NOTHING)
#undef ADD_DEAD
  add_cpu_time(&group->exited, &reading.cpu);
}

/* Reports a task that was hidden just now as gone, as it is at the moment; 0 where there is no room for that. Its
 * process may come back, and is another for user space then. */
__noinline int report_hidden(u32 number) {
  struct slot *slot = slot_at(number);
  struct slot *group = slot ? slot_at(slot->group) : NULL;
  struct access *access = access_of(number);
  struct history *history = history_of(number);
  struct history *process = slot ? history_of(slot->group) : NULL;
  if (!slot || !group || !access || !history || !process) return 0;
  struct rusage_task_event *event = slot->listed ? new_event(RUSAGE_GONE, number) : NULL;
  if (slot->listed && !event && !drops_events) return 0;
  if (!event) unlisted_tasks++;
  slot->listed = false;
  count_gone(group, event);
  access->subtracted = access->since;
  if (report_ends(access, slot->group)) {
    if (event) {
      event->flags = RUSAGE_PROCESS | RUSAGE_MOVED;
      event->process_span = process->process_span;
      event->end_ns = access->hidden_ns;
      event->peak_rss = event->status = 0;
      event->most_rss_so_far = access->most_rss_so_far;
    }
    group->process_listed = false;
    live_groups--;
    process->process_span = FETCH_ADD(spans, 1) + 1;
  }
  history->span = history->first_span = process->process_span;
  return 1;
}

/* Reports a task that was hidden as one that has just come; false where there is no room for that. */
static __always_inline bool report_back(u32 number, struct slot *slot, struct access *access) {
  struct history *history = history_of(number);
  struct history *process = history_of(slot->group);
  struct slot *group = slot_at(slot->group);
  if (!history || !process || !group) return false;
  history->span = history->first_span = process->process_span;
  struct rusage_task_event *event = new_event(RUSAGE_NEW, number);
  if (!event) return false;
  slot->listed = true;
  event->flags = RUSAGE_MOVED;
  __builtin_memset(&event->reading, 0, sizeof(event->reading));
  if (report_begins(access, slot->group)) {
    report_start(event, slot->group);
    event->parent_span = NO_SPAN;
    if (!access->began_hidden) event->start_ns = sample.monotonic_ns; /* it was another until now */
    group->process_listed = true;
    live_groups++;
  }
  return true;
}

/* The last task of the group at slot `number` is gone. A walk that has visited it does not count it
 * as alive. */
static __always_inline void retire_group(u32 number, struct slot *group, bool visited) {
  u64 user = user_part_of(&group->exited);
  if (visited) {
    walk.run -= group->now.run;
    walk.user -= user;
  }
  exited_sums[RUSAGE_user] += user;
  exited_sums[RUSAGE_system] += group->exited.run - user;
  free_slot(number);
}

/* Releases the task of a slot, with its final counters in `reading`. Returns 0 where there was no room for the event;
 * then the caller tries again later. A hidden task is neither reported nor counted. Not static, so that the verifier
 * checks it once. */
__noinline int retire(u32 number, u32 visited) {
  struct slot *slot = slot_at(number);
  if (!slot) return 0;
  u32 group_number = slot->group;
  struct slot *group = slot_at(group_number);
  if (!group) return 0;
  struct access *access = access_of(number);
  struct access *process = access_of(group_number);
  bool counts = !access || access->reported;
  bool listed = counts && slot->listed;
  bool ends = counts && (process ? process->members == 1 : group->members == 1);
  struct rusage_task_event *event = listed || (ends && group->process_listed) ? new_event(RUSAGE_GONE, number) : NULL;
  if (listed && !event && !drops_events) return 0;
  if (event && !listed) event->flags = RUSAGE_LATE;
  if (counts && (!event || !listed)) unlisted_tasks++;
  if (counts) count_gone(group, event);

  slot->state = SLOT_FILLING;
  slot->use++;
  if (hold_tasks) {
    struct task_struct *held = bpf_kptr_xchg(&slot->task, NULL);
    if (held) bpf_task_release(held);
  }
  struct final *final = final_of(number);
  bool moved_out = final && final->moved_out;
  if (final) final->known = final->moved_out = 0;
  remove_from_walk(slot);
  if (access && counts) report_ends(access, group_number);
  if (ends) {
    if (!moved_out) exited_sums[RUSAGE_exits]++;
    if (event) report_end(event, group_number, moved_out);
    live_groups--;
  }
  if (number != group_number) free_slot(number);
  if (FETCH_ADD(group->members, -1) == 1) retire_group(group_number, group, visited);
  return 1;
}

/* The same for a task from the queue, once it is known what of it may be reported. */
static __always_inline bool retire_reported(u32 number, struct access *access) {
  if (!access) return retire(number, false);
  if (!access->reported && !access->hidden) return false; /* the walk reports it first */
  if (access->reported && access->hidden && !report_hidden(number)) return false;
  if (access->hidden) __builtin_memset(&reading, 0, sizeof(reading));
  return retire(number, false);
}

/* Releases the next exited task if it has made its last switch; if not, puts it back. */
static long retire_exited(u32 step, void *context) {
  u32 index = exit_queue.taken % capacity;
  u64 *entry = bpf_map_lookup_elem(&exited_slots, &index);
  u64 taken = entry ? EXCHANGE(*entry, 0) : 0;
  if (!taken) return 1;
  exit_queue.taken++;
  u32 number = (u32)taken - 1;
  struct slot *slot = slot_at(number);
  if (!slot || slot->use != taken >> 32) return 0;
  u32 place = slot->place;
  u32 *walked_slot = bpf_map_lookup_elem(&walk_order, &place);
  struct task_struct *task = slot->task;
  bool in_walk = walked_slot && place < walked && *walked_slot == number;
  bool is_final = in_walk && task && read_final(&reading, task, final_of(number));
  bool done = false;
  if (is_final) {
    struct access *access = access_of(number);
    not_before_arrival(number, slot);
    if (access) finalize_access(access, number, &reading);
    done = retire_reported(number, access);
    end_visit(number);
  }
  if (!done) queue_exited(number);
  return 0;
}

/* Not static, so that the verifier checks it once. */
__noinline int sweep(void) {
  if (!try_lock_sums()) return 0;
  drops_events = true;
  u64 forks = READ_ONCE(queue.taken) - queue.drained;
  bpf_loop(forks < NEW_TASKS_SWEPT_AT_ONCE ? forks : NEW_TASKS_SWEPT_AT_ONCE, drain_new_task, NULL, 0);
  u64 waiting = READ_ONCE(exit_queue.put) - exit_queue.taken;
  bpf_loop(waiting < SWEPT_AT_ONCE ? waiting : SWEPT_AT_ONCE, retire_exited, NULL, 0);
  drops_events = false;
  unlock_sums();
  return 0;
}

/* To be called at each new task. */
static __always_inline void sweep_if_late(void) {
  u64 waiting = READ_ONCE(exit_queue.put) - READ_ONCE(exit_queue.taken);
  if (!waiting) return;
  u64 last_tick_ns = READ_ONCE(sample.monotonic_ns);
  if (waiting > MOST_EXITED || (last_tick_ns && recorder_ns(bpf_ktime_get_ns()) - last_tick_ns > LONGEST_PAUSE_NS))
    sweep();
}

#endif
