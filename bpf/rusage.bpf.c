/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The kernel side. The kernel already counts all we report, in each task_struct; so these programs
 * run when a task is born, when one execs, and at the tick, which reads the counters of every
 * tracked task.
 *
 * A dead task's counters are final only at its last switch, which comes after every exit
 * tracepoint. Two ways to read them then, chosen by what the kernel has: held         births take a
 * reference. A tick that finds a task dead and off its CPU takes its final counters and lets it go.
 * Nothing of ours runs at exits or switches. (From 6.4.) last switch  a program at every switch of
 * the machine looks for a dying `prev` and keeps its counters.
 */
#include <linux/types.h>

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "cpu_time.h"
#include "memory.h"
#include "rusage_bpf/sample.h"
#include "tree.h"

#define TASK_DEAD 0x80 /* include/linux/sched.h, the same since 4.14 */

struct rusage_sample sample;

#define NOTHING(...)
#define TASK_MEMBER(name, unit, field) u64 name;
/* What is read from a task: its counters, and its run time apart, which the group's ticks split. */
struct reading {
  struct cpu_time cpu;
  RUSAGE_COLUMNS(NOTHING, NOTHING, TASK_MEMBER, NOTHING, NOTHING)
};
#undef TASK_MEMBER

struct final {
  u64 known;
  struct reading reading;
};

/* By slot, for the last-switch way alone: what dying tasks left. */
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, struct final);
} finals SEC(".maps");

static __always_inline void read_counters(struct reading *reading, struct task_struct *task,
                                          const bool direct) {
  reading->cpu.user_ticks = READ(direct, task, utime);
  reading->cpu.system_ticks = READ(direct, task, stime);
#define READ_COUNTER(name, unit, field) reading->name = READ(direct, task, field);
  RUSAGE_COLUMNS(NOTHING, NOTHING, READ_COUNTER, NOTHING, NOTHING)
#undef READ_COUNTER
}

static __always_inline void add_cpu_time(struct cpu_time *sum, const struct cpu_time *time) {
  sum->run += time->run;
  sum->user_ticks += time->user_ticks;
  sum->system_ticks += time->system_ticks;
}

/* Sums over the tasks that are gone, and what happened to processes; each tick adds the living. */
__u64 dead[RUSAGE_COLUMN_COUNT];
__u64 live_groups;
__u32 listed_groups;
__u32 gauges_are_readable; /* for user space, which cannot tell before the programs are loaded */
__u64 execs;
__u32 tick;
__u64 fence;

struct walk {
  struct clock clock;
  u32 length; /* of walk_order when the walk began */
  u64 run;    /* of the thread groups that still live */
  u64 user;   /* the user part of it */
};

/* An address back from memory: the verifier passes numbers to functions, and no pointers of this
 * kind. */
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

/* Adds what `task` shows of its address space and descriptors, unless this tick has met them
 * already. */
static __always_inline void add_gauges(struct task_struct *task, struct slot *group,
                                       const bool direct) {
  struct mm_struct *mm = READ(direct, task, mm);
  if (mm && (u64)mm != group->counted_mm) {
    group->counted_mm = (u64)mm;
    if (READ(direct, mm, mm_users.counter) == 1 ||
        first_sight(as_number(&group->counted_mm), tick)) {
      u64 resident = resident_pages(mm, direct) * page_bytes;
      u64 mapped = READ(direct, mm, total_vm) * page_bytes;
      barrier();
      /* An address space given up meanwhile may be another's by now; one still in place was not. */
      if (READ(direct, task, mm) == mm) {
        sample.value[RUSAGE_rss] += resident;
        sample.value[RUSAGE_vms] += mapped;
      }
    }
  }
  struct files_struct *files = READ(direct, task, files);
  if (files && (u64)files != group->counted_files) {
    group->counted_files = (u64)files;
    if (READ(direct, files, count.counter) == 1 ||
        first_sight(as_number(&group->counted_files), tick)) {
      u32 descriptors = open_descriptors(files);
      barrier();
      if (READ(direct, task, files) == files) sample.value[RUSAGE_num_fds] += descriptors;
    }
  }
}

/* Reads a task's counters, true when they are final. */
static __always_inline bool read_task(struct reading *reading, struct task_struct *task,
                                      struct final *final, const struct clock *clock,
                                      const bool direct) {
  if (direct) {
    bool gone = READ(direct, task, __state) == TASK_DEAD && !READ(direct, task, on_cpu);
    if (gone) __sync_fetch_and_add(&fence, 1); /* no counter is read before on_cpu was */
    barrier();
    read_counters(reading, task, direct);
    reading->cpu.run = run_time(task, clock, direct);
    return gone;
  }
  volatile u64 *known = &final->known;
  if (!*known) {
    read_counters(reading, task, direct);
    reading->cpu.run = run_time(task, clock, direct);
    barrier();
    /* Known by now: the memory just read may have been given away meanwhile. */
    if (!*known) return false;
  }
  *reading = final->reading;
  return true;
}

/* Lets a task go whose counters are final. The walk goes from the end of walk_order to its start,
 * so that the entry moved to the empty place was visited already. */
static __always_inline void retire(u32 index, u32 number, struct slot *slot, struct slot *group,
                                   const struct reading *reading, struct walk *walk) {
#define ADD_DEAD(name, unit, field) dead[RUSAGE_##name] += reading->name;
  RUSAGE_COLUMNS(NOTHING, NOTHING, ADD_DEAD, NOTHING, NOTHING)
#undef ADD_DEAD
  add_cpu_time(&group->dead, &reading->cpu);

  slot->state = SLOT_FILLING;
  if (hold_tasks) {
    struct task_struct *held = bpf_kptr_xchg(&slot->held, NULL);
    if (held) bpf_task_release(held);
  }
  struct final *final = bpf_map_lookup_elem(&finals, &number);
  if (final) final->known = 0;
  u32 last_index = --walked;
  u32 *last = bpf_map_lookup_elem(&walk_order, &last_index);
  u32 *here = bpf_map_lookup_elem(&walk_order, &index);
  if (last && here) *here = *last;

  u32 group_number = slot->group;
  if (number != group_number) free_slot(number);
  if (__sync_fetch_and_add(&group->members, -1) != 1) return;
  u64 user = user_part_of(&group->dead);
  walk->run -= group->now.run;
  walk->user -= user;
  dead[RUSAGE_user] += user;
  dead[RUSAGE_system] += group->dead.run - user;
  dead[RUSAGE_exits]++;
  live_groups--;
  free_slot(group_number);
}

/* Visits the task at step `step` of the walk. */
static __always_inline long visit(u32 step, struct walk *walk, const bool direct) {
  u32 index = walk->length - 1 - step;
  u32 *entry = bpf_map_lookup_elem(&walk_order, &index);
  if (!entry) return 1;
  u32 number = *entry;
  struct slot *slot = slot_at(number);
  struct slot *group = slot ? slot_at(slot->group) : NULL;
  if (!slot || !group) return 1;
  struct task_struct *task = direct ? slot->held : (void *)slot->task;
  if (!task) return 1;

  struct reading reading;
  struct final *final = direct ? NULL : bpf_map_lookup_elem(&finals, &number);
  if (!direct && !final) return 1;
  bool gone = read_task(&reading, task, final, &walk->clock, direct);

  if (group->tick != tick) {
    group->tick = tick;
    group->now = group->dead;
    group->counted_mm = 0;
    group->counted_files = 0;
    walk->run += group->now.run;
  } else {
    walk->user -= user_part_of(&group->now);
  }
  add_cpu_time(&group->now, &reading.cpu);
  walk->run += reading.cpu.run;
  walk->user += user_part_of(&group->now);

  if (gone) {
    retire(index, number, slot, group, &reading, walk);
    return 0;
  }
#define ADD_LIVING(name, unit, field) sample.value[RUSAGE_##name] += reading.name;
  RUSAGE_COLUMNS(NOTHING, NOTHING, ADD_LIVING, NOTHING, NOTHING)
#undef ADD_LIVING
  if (READ(direct, task, exit_state))
    sample.dying_tasks++;
  else if (gauges_readable())
    add_gauges(task, group, direct);
  else
    list_group(task, group, direct);
  return 0;
}

static long visit_held(u32 step, struct walk *walk) {
  return visit(step, walk, true);
}
static long visit_unheld(u32 step, struct walk *walk) {
  return visit(step, walk, false);
}

/* Moves the next newborn to walk_order; stops at one whose birth is still being written down. */
static long drain_birth(u32 step, void *context) {
  u64 *entry = queue_entry(queue.drained);
  u32 number = entry ? *entry : NO_SLOT;
  struct slot *slot = slot_at(number);
  u32 index = walked;
  u32 *place = bpf_map_lookup_elem(&walk_order, &index);
  if (!slot || !place) return 1;
  u32 state = *(volatile u32 *)&slot->state;
  if (state == SLOT_FILLING) return 1;
  *place = number;
  if (slot->group == number) {
    live_groups++;
    if (state == SLOT_BORN) dead[RUSAGE_forks]++;
  }
  walked++;
  queue.drained++;
  return 0;
}

static __always_inline int run_tick(const bool direct) {
  struct walk walk = {};
  sample.monotonic_ns = bpf_ktime_get_ns();
  read_clock(&walk.clock, direct);
  tick++;
  u64 taken = *(volatile u64 *)&queue.taken;
  bpf_loop(taken - queue.drained, drain_birth, NULL, 0);
  sample.pending_births = taken - queue.drained;
  sample.dying_tasks = 0;
  listed_groups = 0;
#define START_LIVING(name, ...) sample.value[RUSAGE_##name] = 0;
  RUSAGE_COLUMNS(START_LIVING, START_LIVING, START_LIVING, START_LIVING, NOTHING)
#undef START_LIVING
  walk.length = walked;
  bpf_loop(walk.length, direct ? visit_held : visit_unheld, &walk, 0);

#define ADD_DEAD(name, ...) sample.value[RUSAGE_##name] += dead[RUSAGE_##name];
  RUSAGE_COLUMNS(NOTHING, ADD_DEAD, ADD_DEAD, ADD_DEAD, NOTHING)
#undef ADD_DEAD
  sample.value[RUSAGE_user] += walk.user;
  sample.value[RUSAGE_system] += walk.run - walk.user;
  sample.value[RUSAGE_execs] += *(volatile u64 *)&execs;
  sample.value[RUSAGE_pid_count] = live_groups;
  sample.value[RUSAGE_thread_count] = walked;
  sample.untracked_tasks = untracked_tasks;
  return 0;
}

SEC("syscall")
int tick_held(void *context) {
  return run_tick(true);
}

SEC("syscall")
int tick_unheld(void *context) {
  return run_tick(false);
}

SEC("tp_btf/task_newtask")
int BPF_PROG(on_birth, struct task_struct *task, u64 clone_flags) {
  u32 *creator = bpf_task_storage_get(&membership, bpf_get_current_task_btf(), NULL, 0);
  if (!creator) return 0;
  bool thread = clone_flags & CLONE_THREAD;
  struct slot *slot = slot_at(*creator);
  add_task(task, thread && slot ? slot->group : NO_SLOT, SLOT_BORN);
  return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct *task) {
  if (bpf_task_storage_get(&membership, task, NULL, 0)) __sync_fetch_and_add(&execs, 1);
  return 0;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(on_last_switch, bool preempt, struct task_struct *prev) {
  if (prev->__state != TASK_DEAD) return 0;
  u32 *number = bpf_task_storage_get(&membership, prev, NULL, 0);
  struct final *final = number ? bpf_map_lookup_elem(&finals, number) : NULL;
  if (!final) return 0;
  read_counters(&final->reading, prev, true);
  final->reading.cpu.run = prev->se.sum_exec_runtime;
  __sync_lock_test_and_set(&final->known, 1);
  return 0;
}

/* Enters one task, chosen by user space through the iterator's parameters, that is known to stand
 * still. */
SEC("iter/task")
int enter(struct bpf_iter__task *context) {
  struct task_struct *task = context->task;
  if (task) add_task(task, NO_SLOT, SLOT_ENTERED);
  return 0;
}

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, u64);
} per_cpu_probe SEC(".maps");

static long learn_cpu_offset(u32 cpu, u64 *common) {
  u32 zero = 0;
  void *copy = bpf_map_lookup_percpu_elem(&per_cpu_probe, &zero, cpu);
  volatile u64 *offset = bpf_map_lookup_elem(&cpu_offset, &cpu);
  if (!copy || !offset) return 1;
  *offset = (u64)copy; /* the verifier takes an address for a number once it was stored */
  *offset -= *common;
  return 0;
}

/* To be run once, before the first tick. Learns where each CPU's copies of per-CPU variables lie,
 * which no BTF and no helper tells: an element of a per-CPU map has an address on each CPU, and one
 * common to all. */
SEC("syscall")
int prepare(void *context) {
  gauges_are_readable = gauges_readable();
  u32 zero = 0;
  volatile u64 *number = bpf_map_lookup_elem(&cpu_offset, &zero);
  if (!number) return 1;
  *number = (u64)&per_cpu_probe;
  struct bpf_array *array = (void *)*number;
  u64 common = (u64)BPF_CORE_READ(array, pptrs[0]);
  bpf_loop(cpus, learn_cpu_offset, &common, 0);
  return 0;
}

char LICENSE[] SEC("license")
= "Dual BSD/GPL";
