/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The tick: newborn tasks join the walk, every task is visited, those that are gone leave, and the
 * sample says what the tree has used so far and what it holds. One tick runs at a time; user space
 * sees to that. */
#ifndef RUSAGE_BPF_TICK_H
#define RUSAGE_BPF_TICK_H

#include <bpf/bpf_helpers.h>

#include "access.h"
#include "ahead.h"
#include "clock.h"
#include "exec.h"
#include "exit.h"
#include "memory.h"
#include "rusage_bpf/sample.h"
#include "span.h"
#include "task.h"
#include "tree.h"

struct rusage_sample sample;

/* What this tick tells of single tasks. */
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, RUSAGE_TASK_EVENTS);
  __type(key, u32);
  __type(value, struct rusage_task_event);
} task_events SEC(".maps");

/* A number that user space has counted up if it wants to be told of each task that lives; 0: never. */
__u32 telling_round;

/* Sums over the tasks that are gone, and what happened to processes; each tick adds the living. */
__u64 dead[RUSAGE_COLUMN_COUNT];
__u64 live_groups;
__u64 reported_tasks; /* counted where some tasks are hidden alone */
__u32 listed_groups;
__u32 gauges_are_readable; /* for user space, which cannot tell before the programs are loaded */
__u32 tick;

/* Of one tick, which is one at a time. In memory and not on the stack, of which the verifier keeps track: it
 * would look at a visit again and again for what the one before may have left there. */
struct {
  __u32 length; /* of walk_order when the walk began */
  __u64 run;    /* of the thread groups that still live */
  __u64 user;   /* the user part of it */
  __u64 ahead;  /* see ahead.h */
} walk;

/* Of the task that is visited. */
struct rusage_reading reading;

/* A place in the list of events. NULL when it is full: what was to be told then waits for the next tick, which
 * user space makes at once. */
static __always_inline struct rusage_task_event *new_event(enum rusage_task_event_kind kind,
                                                           u32 number) {
  u32 index = sample.task_events;
  struct rusage_task_event *event = bpf_map_lookup_elem(&task_events, &index);
  struct life *life = life_of(number);
  if (!event || !life) {
    sample.more_to_tell = 1;
    return NULL;
  }
  sample.task_events++;
  event->kind = kind;
  event->flags = 0;
  event->span = kind == RUSAGE_BORN ? life->born_span : life->span;
  return event;
}

/* Notes that user space knows of this task, or no longer does: whether that makes a difference for its process, which
 * begins with the first task that is reported, and ends with the last. */
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

/* An address back from memory: the verifier passes numbers to functions, but no such pointers. */
static __always_inline u64 as_number(const u64 *stored) {
  return *(volatile const u64 *)stored;
}

/* Puts the group on the list of those that user space looks after in /proc. */
static __always_inline void list_group(struct task_struct *task, struct slot *group,
                                       const bool direct) {
  if (group->counted_mm) return;
  group->counted_mm = 1;
  u32 index = listed_groups;
  u64 *place = bpf_map_lookup_elem(&group_pids, &index);
  if (!place) return;
  *place = READ(direct, task, tgid);
  listed_groups++;
}

/* Adds the task's address space and descriptors, unless this tick has met them already. */
static __always_inline void add_gauges(struct task_struct *task, struct slot *group,
                                       const bool direct) {
  struct mm_struct *mm = FOLLOW(direct, task, mm);
  if (mm && (u64)mm != group->counted_mm) {
    group->counted_mm = (u64)mm;
    if (READ(direct, mm, mm_users.counter) == 1 ||
        first_sight(as_number(&group->counted_mm), tick)) {
      u64 resident = resident_pages(mm, direct) * page_bytes;
      u64 mapped = READ(direct, mm, total_vm) * page_bytes;
      barrier();
      /* An address space given up meanwhile may be another's by now; one still in place was not. */
      if (FOLLOW(direct, task, mm) == mm) {
        sample.value[RUSAGE_rss] += resident;
        sample.value[RUSAGE_vms] += mapped;
      }
    }
  }
  struct files_struct *files = FOLLOW(direct, task, files);
  if (files && (u64)files != group->counted_files) {
    group->counted_files = (u64)files;
    if (READ(direct, files, count.counter) == 1 ||
        first_sight(as_number(&group->counted_files), tick)) {
      u32 descriptors = open_descriptors(files, direct);
      barrier();
      if (FOLLOW(direct, task, files) == files) sample.value[RUSAGE_num_fds] += descriptors;
    }
  }
}

/* How the process ended whose last task is gone. */
static __always_inline void tell_end(struct rusage_task_event *event, u32 group, bool moved_out) {
  struct life *life = life_of(group);
  if (!life) return;
  event->flags = RUSAGE_PROCESS | (moved_out ? RUSAGE_MOVED : life->end_ns ? RUSAGE_STATUS : 0);
  if (life->unwaited) event->flags |= RUSAGE_UNWAITED;
  event->process_span = life->process_span;
  event->end_ns = life->end_ns;
  event->status = life->status;
  event->peak_rss = life->peak_rss;
  event->most_rss_so_far = life->most_rss_so_far;
  if (was_ever_hidden(group)) event->peak_rss = event->most_rss_so_far = 0;
}

static __always_inline void tell_living(struct task_struct *task, u32 number, const bool direct) {
  struct life *life = life_of(number);
  if (!life || life->told == telling_round) return;
  struct rusage_task_event *event = new_event(RUSAGE_LIVES, number);
  if (!event) return;
  life->told = telling_round;
  event->reading = reading;
  event->peak_rss = 0;
  struct mm_struct *mm = FOLLOW(direct, task, mm);
  if (!mm || !gauges_readable() || was_ever_hidden(number)) return;
  u64 peak = peak_of(mm, direct);
  barrier();
  if (FOLLOW(direct, task, mm) == mm) event->peak_rss = peak;
}

static __always_inline void tell_birth(struct rusage_task_event *event, u32 number) {
  struct life *life = life_of(number);
  if (!life) return;
  event->flags |= RUSAGE_PROCESS;
  event->parent_span = life->parent_span;
  event->start_ns = life->start_ns;
  event->pid = life->pid;
  event->parent_pid = life->parent_pid;
}

/* Adds what a task that is gone has used to the sums that stay, and tells it in `event`. */
static __always_inline void count_gone(struct slot *group, struct rusage_task_event *event) {
  event->reading = reading;
#define ADD_DEAD(name, unit, field) dead[RUSAGE_##name] += reading.name;
  RUSAGE_COLUMNS(NOTHING, NOTHING, ADD_DEAD, NOTHING, NOTHING)
#undef ADD_DEAD
  add_cpu_time(&group->dead, &reading.cpu);
}

/* Reports a task that was hidden just now as gone, as it is at the moment. Its process may come back, and is another
 * for user space then. */
static __always_inline void report_hidden(u32 number, struct slot *slot, struct slot *group,
                                          struct access *access, struct rusage_task_event *event) {
  count_gone(group, event);
  access->taken_off = access->since;
  struct life *life = life_of(number);
  struct life *process = life_of(slot->group);
  if (!life || !process) return;
  if (report_ends(access, slot->group)) {
    event->flags = RUSAGE_PROCESS | RUSAGE_MOVED;
    event->process_span = process->process_span;
    event->end_ns = access->hidden_ns;
    event->peak_rss = event->status = 0;
    event->most_rss_so_far = access->most_rss_so_far;
    live_groups--;
    process->process_span = __sync_fetch_and_add(&spans, 1) + 1;
  }
  life->span = life->born_span = process->process_span;
}

/* Reports a task that was hidden as one that has just come; false where there is no room for that. */
static __always_inline bool report_back(u32 number, struct slot *slot, struct access *access) {
  struct life *life = life_of(number);
  struct life *process = life_of(slot->group);
  if (!life || !process) return false;
  life->span = life->born_span = process->process_span;
  struct rusage_task_event *event = new_event(RUSAGE_BORN, number);
  if (!event) return false;
  event->flags = RUSAGE_MOVED;
  __builtin_memset(&event->reading, 0, sizeof(event->reading));
  if (report_begins(access, slot->group)) {
    tell_birth(event, slot->group);
    event->parent_span = NO_SPAN;
    if (!access->began_hidden) event->start_ns = sample.monotonic_ns; /* it was another until now */
    live_groups++;
  }
  return true;
}

/* Lets a task go whose counters are final, and tells so in `event`, NULL for one that is hidden. The walk goes from the
 * end of walk_order to its start, so that the entry moved to the empty place was visited already. */
static __always_inline void retire(u32 index, u32 number, struct slot *slot, struct slot *group,
                                   struct access *access, struct rusage_task_event *event) {
  if (event) count_gone(group, event);
  slot->state = SLOT_FILLING;
  if (hold_tasks) {
    struct task_struct *held = bpf_kptr_xchg(&slot->task, NULL);
    if (held) bpf_task_release(held);
  }
  struct final *final = final_of(number);
  bool moved_out = final && final->moved_out;
  if (final) final->known = final->moved_out = 0;
  u32 last_index = --walked;
  u32 *last = bpf_map_lookup_elem(&walk_order, &last_index);
  u32 *here = bpf_map_lookup_elem(&walk_order, &index);
  if (last && here) *here = *last;

  u32 group_number = slot->group;
  if (number != group_number) free_slot(number);
  bool was_last = __sync_fetch_and_add(&group->members, -1) == 1;
  if (event && (access ? report_ends(access, group_number) : was_last)) {
    if (!moved_out) dead[RUSAGE_exits]++;
    tell_end(event, group_number, moved_out);
    live_groups--;
  }
  if (!was_last) return;
  u64 user = user_part_of(&group->dead);
  walk.run -= group->now.run;
  walk.user -= user;
  dead[RUSAGE_user] += user;
  dead[RUSAGE_system] += group->dead.run - user;
  free_slot(group_number);
}

/* Visits the task with slot `number` at place `index` of walk_order. */
static __always_inline long visit_task(u32 index, u32 number, const bool direct) {
  struct slot *slot = slot_at(number);
  struct slot *group = slot ? slot_at(slot->group) : NULL;
  if (!slot || !group) return 1;
  struct task_struct *task = slot->task;
  if (!task) return 1;

  struct final *final = final_of(number);
  if (!direct && !final) return 1;
  bool gone = read_task(&reading, task, final, direct);
  struct access *access = access_of(number);
  bool silent = false;
  if (access) {
    check_access_at_tick(access, number, task, gone, final, &reading);
    silent = !access->reported && (access->hidden || !report_back(number, slot, access));
    if (silent) __builtin_memset(&reading, 0, sizeof(reading));
  }

  if (group->tick != tick) {
    group->tick = tick;
    group->now = group->dead;
    group->counted_mm = 0;
    group->counted_files = 0;
    walk.run += group->now.run;
  } else {
    walk.user -= user_part_of(&group->now);
  }
  add_cpu_time(&group->now, &reading.cpu);
  walk.run += reading.cpu.run;
  walk.user += user_part_of(&group->now);

  if (silent) {
    if (!gone)
      sample.hidden_tasks++;
    else if (access && access->hidden)
      retire(index, number, slot, group, access, NULL);
    return 0;
  }
  bool hides = access && access->hidden;
  struct rusage_task_event *event = gone || hides ? new_event(RUSAGE_GONE, number) : NULL;
  if (event && hides) {
    report_hidden(number, slot, group, access, event); /* one that is gone is met again */
    return 0;
  }
  if (event) {
    retire(index, number, slot, group, access, event);
    return 0;
  }
#define ADD_LIVING(name, unit, field) sample.value[RUSAGE_##name] += reading.name;
  RUSAGE_COLUMNS(NOTHING, NOTHING, ADD_LIVING, NOTHING, NOTHING)
#undef ADD_LIVING
  if (gone || hides) return 0;
  if (telling_round) tell_living(task, number, direct);
  if (READ(direct, task, exit_state))
    sample.dying_tasks++;
  else if (gauges_readable())
    add_gauges(task, group, direct);
  else
    list_group(task, group, direct);
  return 0;
}

/* Visits the task at step `step` of the walk. */
static __always_inline long visit(u32 step, const bool direct) {
  u32 index = walk.length - 1 - step;
  u32 *entry = bpf_map_lookup_elem(&walk_order, &index);
  if (!entry) return 1;
  u32 number = *entry;
  long stop = visit_task(index, number, direct);
  end_visit(number);
  return stop;
}

static long visit_held(u32 step, void *context) {
  if (walk.length > LARGE_TREE) walk.ahead += look_ahead(walk.length - 1 - step);
  return visit(step, true);
}
static long visit_unheld(u32 step, void *context) {
  return visit(step, false);
}

/* What a task had used before it came is not the cgroup's. */
static __always_inline void take_off_arrival(u32 number, struct slot *slot,
                                             struct rusage_task_event *event) {
  struct rusage_reading *before = arrival_of(number);
  struct slot *group = slot_at(slot->group);
  if (!before || !group) return;
#define TAKE_OFF(name, unit, field) dead[RUSAGE_##name] -= before->name;
  RUSAGE_COLUMNS(NOTHING, NOTHING, TAKE_OFF, NOTHING, NOTHING)
#undef TAKE_OFF
  take_off_cpu_time(&group->dead, &before->cpu);
  event->reading = *before;
  event->flags |= RUSAGE_MOVED;
}

/* Moves the next newborn to walk_order; stops at one whose birth is still being written down. */
static long drain_birth(u32 step, void *context) {
  u32 number = slot_number_at(queue.drained);
  struct slot *slot = slot_at(number);
  u32 index = walked;
  u32 *place = bpf_map_lookup_elem(&walk_order, &index);
  if (!slot || !place) return 1;
  u32 state = *(volatile u32 *)&slot->state;
  if (state == SLOT_FILLING) return 1;
  struct access *access = access_of(number);
  if (access && access->began_hidden) { /* the walk reports it once it is traceable */
    *place = number;
    walked++;
    queue.drained++;
    return 0;
  }
  struct rusage_task_event *event = new_event(RUSAGE_BORN, number);
  if (!event) return 1;
  *place = number;
  __builtin_memset(&event->reading, 0, sizeof(event->reading));
  if (state == SLOT_ARRIVED) take_off_arrival(number, slot, event);
  if (access ? report_begins(access, slot->group) : slot->group == number) {
    tell_birth(event, slot->group);
    live_groups++;
    if (state == SLOT_BORN && slot->group == number) dead[RUSAGE_forks]++;
  }
  walked++;
  queue.drained++;
  return 0;
}

static __always_inline int run_tick(const bool direct) {
  sample.monotonic_ns = recorder_ns(bpf_ktime_get_ns());
  read_clock();
  tick++;
  sample.task_events = sample.more_to_tell = 0;
  u64 taken = *(volatile u64 *)&queue.taken;
  bpf_loop(taken - queue.drained, drain_birth, NULL, 0);
  sample.dying_tasks = sample.hidden_tasks = 0;
  listed_groups = 0;
#define START_LIVING(name, ...) sample.value[RUSAGE_##name] = 0;
  RUSAGE_COLUMNS(START_LIVING, START_LIVING, START_LIVING, START_LIVING, NOTHING)
#undef START_LIVING
  walk.length = walked;
  walk.run = walk.user = 0;
  bpf_loop(walk.length, direct ? visit_held : visit_unheld, NULL, 0);
  /* Counted only now: a task found dead may have left a child since the births were drained, and
   * where no task and no birth is left, the tree is over. */
  sample.pending_births = *(volatile u64 *)&queue.taken - queue.drained;
  sample.births = queue.drained;

#define ADD_DEAD(name, ...) sample.value[RUSAGE_##name] += dead[RUSAGE_##name];
  RUSAGE_COLUMNS(NOTHING, ADD_DEAD, ADD_DEAD, ADD_DEAD, NOTHING)
#undef ADD_DEAD
  sample.value[RUSAGE_user] += walk.user;
  sample.value[RUSAGE_system] += walk.run - walk.user;
  sample.value[RUSAGE_execs] += *(volatile u64 *)&execs_untold;
  sample.value[RUSAGE_pid_count] = live_groups;
  sample.value[RUSAGE_thread_count] = checks_access ? reported_tasks : walked;
  sample.untraceable_tasks = untraceable_tasks;
  sample.untracked_tasks = untracked_tasks;
  return 0;
}

#endif
