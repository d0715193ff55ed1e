/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The tick: new tasks join the walk, every task is visited, exited tasks leave, and the sample holds what the tree has
 * used so far and what it holds now. */
#ifndef RUSAGE_BPF_TICK_H
#define RUSAGE_BPF_TICK_H

#include <bpf/bpf_helpers.h>

#include "access.h"
#include "clock.h"
#include "events.h"
#include "exec.h"
#include "exit.h"
#include "memory.h"
#if HOLD_TASKS
#include "prefetch.h"
#endif
#include "rusage_bpf/sample.h"
#include "span.h"
#include "sweep.h"
#include "task.h"
#include "tree.h"

/* User space increments this to have each live task reported once more; 0: not at all. */
__u32 report_round;

__u32 listed_groups;
__u32 gauges_are_readable; /* for user space, which cannot know before the programs are loaded */
__u32 tick;

/* An address back from memory: the verifier passes numbers to functions, but no such pointers. */
static __always_inline u64 as_number(const u64 *stored) {
  return READ_ONCE(*stored);
}

/* Lists the group, so that user space reads its memory and descriptors from /proc. */
static __always_inline void list_group(struct task_struct *task, struct slot *group) {
  if (group->counted_mm) return;
  group->counted_mm = 1;
  u32 index = listed_groups;
  u64 *place = bpf_map_lookup_elem(&group_pids, &index);
  if (!place) return;
  *place = READ(hold_tasks, task, tgid);
  listed_groups++;
}

/* Adds the task's address space and descriptors, unless this tick has counted them already. */
static __always_inline void add_gauges(struct task_struct *task, struct slot *group) {
  struct mm_struct *mm = FOLLOW(hold_tasks, task, mm);
  if (mm && (u64)mm != group->counted_mm) {
    group->counted_mm = (u64)mm;
    if (READ(hold_tasks, mm, mm_users.counter) == 1 || is_first_visit(as_number(&group->counted_mm), tick)) {
      u64 resident = resident_pages(mm, hold_tasks) * page_bytes;
      u64 mapped = READ(hold_tasks, mm, total_vm) * page_bytes;
      read_barrier();
      /* An address space given up meanwhile may be another's by now; one still in place was not. */
      if (FOLLOW(hold_tasks, task, mm) == mm) {
        sample.value[RUSAGE_rss] += resident;
        sample.value[RUSAGE_vms] += mapped;
      }
    }
  }
  struct files_struct *files = FOLLOW(hold_tasks, task, files);
  if (files && (u64)files != group->counted_files) {
    group->counted_files = (u64)files;
    if (READ(hold_tasks, files, count.counter) == 1 || is_first_visit(as_number(&group->counted_files), tick)) {
      u32 descriptors = open_descriptors(files, hold_tasks);
      read_barrier();
      if (FOLLOW(hold_tasks, task, files) == files) sample.value[RUSAGE_num_fds] += descriptors;
    }
  }
}

static __always_inline void report_live(struct task_struct *task, u32 number) {
  struct history *history = history_of(number);
  if (!history || history->report_round == report_round) return;
  struct rusage_task_event *event = new_event(RUSAGE_LIVE, number);
  if (!event) return;
  history->report_round = report_round;
  event->reading = reading;
  event->peak_rss = 0;
  struct mm_struct *mm = FOLLOW(hold_tasks, task, mm);
  if (!mm || !gauges_readable() || was_ever_hidden(number)) return;
  u64 peak = peak_of(mm, hold_tasks);
  read_barrier();
  if (FOLLOW(hold_tasks, task, mm) == mm) event->peak_rss = peak;
}

/* Visits the task with slot `number`. */
static __always_inline long visit_task(u32 number) {
  struct slot *slot = slot_at(number);
  struct slot *group = slot ? slot_at(slot->group) : NULL;
  if (!slot || !group) return 1;
  struct task_struct *task = slot->task;
  if (!task) return 1;

  struct final *final = final_of(number);
  if (!hold_tasks && !final) return 1;
  bool gone = read_task(&reading, task, final);
  not_before_arrival(number, slot);
  if (hold_tasks && gone && READ(hold_tasks, task, exit_state)) note_missed_end(task, number);
  struct access *access = access_of(number);
  bool silent = false;
  if (access) {
    check_access_at_tick(access, number, task, gone, final, &reading);
    silent = !access->reported && (access->hidden || !report_back(number, slot, access));
    if (silent) __builtin_memset(&reading, 0, sizeof(reading));
  }

  if (group->tick != tick) {
    group->tick = tick;
    group->now = group->exited;
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
      retire(number, true);
    return 0;
  }
  bool hides = access && access->hidden;
  if (hides && report_hidden(number)) return 0; /* one that is gone is visited again */
  if (gone && !hides && retire(number, true)) return 0;
#define ADD_LIVING(name, unit, field, ...) sample.value[RUSAGE_##name] += reading.name;
  RUSAGE_COLUMNS(NOTHING, NOTHING, ADD_LIVING, NOTHING, NOTHING)
#undef ADD_LIVING
  if (gone || hides) return 0;
  if (!slot->listed) report_late(number, slot, group);
  if (report_round && slot->listed) report_live(task, number);
  if (READ(hold_tasks, task, exit_state))
    sample.dying_tasks++;
  else if (gauges_readable())
    add_gauges(task, group);
  else
    list_group(task, group);
  return 0;
}

/* Visits the next task of the walk. */
static long visit(u32 step, void *context) {
  u32 index = walk.length - 1 - walk.visited;
  walk.visited++;
#if HOLD_TASKS
  if (walk.length > LARGE_TREE) walk.prefetched += prefetch(index);
#endif
  u32 *entry = bpf_map_lookup_elem(&walk_order, &index);
  if (!entry) return 1;
  u32 number = *entry;
  long stop = visit_task(number);
  end_visit(number);
  return stop;
}

static __always_inline void begin_tick(void) {
  sample.monotonic_ns = recorder_ns(bpf_ktime_get_ns());
  tick++;
  sample.more_to_report = 0;
  u64 taken = READ_ONCE(queue.taken);
  bpf_loop(taken - queue.drained, drain_new_task, NULL, 0);
  u64 waiting = READ_ONCE(exit_queue.put) - exit_queue.taken;
  bpf_loop(waiting, retire_exited, NULL, 0);
  sample.dying_tasks = sample.hidden_tasks = 0;
  listed_groups = 0;
#define START_LIVING(name, ...) sample.value[RUSAGE_##name] = 0;
  RUSAGE_COLUMNS(START_LIVING, START_LIVING, START_LIVING, START_LIVING, NOTHING)
#undef START_LIVING
  walk.length = walked;
  walk.visited = 0;
  walk.run = walk.user = 0;
}

static __always_inline void end_tick(void) {
  /* Counted after the walk: a task that has exited may have created a child since the new tasks were drained, and the
   * tree is over only where no task and no new task is left. */
  sample.pending_new_tasks = READ_ONCE(queue.taken) - queue.drained;
  sample.new_tasks = queue.drained;

#define ADD_DEAD(name, ...) sample.value[RUSAGE_##name] += exited_sums[RUSAGE_##name];
  RUSAGE_COLUMNS(NOTHING, ADD_DEAD, ADD_DEAD, ADD_DEAD, NOTHING)
#undef ADD_DEAD
  sample.value[RUSAGE_user] += walk.user;
  sample.value[RUSAGE_system] += walk.run - walk.user;
  sample.value[RUSAGE_execs] += READ_ONCE(execs_unreported);
  sample.value[RUSAGE_pid_count] = live_groups;
  sample.value[RUSAGE_thread_count] = checks_access ? reported_tasks : walked;
  sample.untraceable_tasks = untraceable_tasks;
  sample.untracked_tasks = untracked_tasks;
  sample.unlisted_tasks = unlisted_tasks;
  sample.task_events = events_written;
}

/* Runs a tick, for at most so many visits, or goes on with one of the kernel's clock (`by_clock`). Keeps the lock while
 * it is unfinished, and for its caller once it is done. A tick of the clock is not run again where events did not fit.
 * Not static, so that the verifier checks it once for all of its callers. */
__noinline int run_tick(u32 most_visits, u32 by_clock) {
  if (!by_clock || !walk.unfinished) {
    if (!try_lock_sums()) return RUSAGE_BUSY;
    drops_events = by_clock && events_wait_too_long();
    begin_tick();
  }
  u32 left = walk.length - walk.visited;
  bpf_loop(left < most_visits ? left : most_visits, visit, NULL, 0);
  walk.unfinished = walk.visited < walk.length;
  if (walk.unfinished) return RUSAGE_UNFINISHED;
  end_tick();
  drops_events = false;
  return RUSAGE_TICKED;
}

#endif
