/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The kernel side. The kernel counts all we report already, in each task_struct; so these programs run when a task is
 * created, at its exec, at its exit, and at the tick, which reads the counters of every tracked task.
 *
 * The counters of an exited task are final only at its last switch, which comes after every exit tracepoint. There are
 * two ways to read them then, chosen by what the kernel has:
 *
 * held         on_new_task takes a reference. A tick that finds a task dead and off its CPU takes its final counters
 * and releases it. Nothing of ours runs at switches. Needs a kernel that lets maps hold tasks (from 6.4). last switch
 * a program at every switch of the machine looks for a `prev` that is dead, and keeps its counters.
 *
 * The build makes an object of each of these, HOLD_TASKS or not, and of each SELECTION: a command's tree, a tree that
 * runs already, a cgroup. The kernel checks a program for milliseconds, so a run loads only what it needs.
 */
#include <linux/types.h>

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "access.h"
#include "cgroup.h"
#include "clock.h"
#include "exec.h"
#include "exit.h"
#include "memory.h"
#include "sample_clock.h"
#include "signal.h"
#include "sweep.h"
#include "task.h"
#include "track.h"
#include "tree.h"

#if HOLD_TASKS
SEC("syscall")
int tick_held(struct rusage_tick_context *context) {
  return answer(context);
}
#else
SEC("syscall")
int tick_unheld(struct rusage_tick_context *context) {
  return answer(context);
}

SEC("tp_btf/sched_switch")
int BPF_PROG(on_last_switch, bool preempt, struct task_struct *prev) {
  if (READ(true, prev, __state) != TASK_DEAD) return 0;
  u32 *number = membership_of(prev);
  struct final *final = number ? final_of(*number) : NULL;
  if (!final) return 0;
  note_missed_end(prev, *number);
  read_as_kept(&final->reading, prev);
  STORE_RELEASE(final->known, 1); /* pairs with read_final */
  return 0;
}
#endif

/*
 * From Linux 7.0 on a task may be preempted in a program at a tracepoint. Until it resumes, the kernel skips that
 * program for every other task that reaches the tracepoint on the same CPU (bpf_prog_info.recursion_misses). So each
 * event has a second chance: on_first_wakeup for a new task, note_missed_end for an exit, and on_exec_again for an
 * exec. Only an exec can still be lost, when one task was preempted in the first program and another one in the second.
 */

/* The programs at exec and exit are not tp_btf: the kernel would search its types for the tracepoint, twice, for what
 * is the current task anyway. */
static __always_inline void note_exec(struct linux_binprm *program, const bool again) {
  struct task_struct *task = bpf_get_current_task_btf();
  u32 *number = membership_of(task);
  /* Of a task without a slot the first program has counted the exec. */
  if (is_tracked(number) && !(again && *number == NO_SLOT)) begin_span(task, *number, program);
}
SEC("raw_tp/sched_process_exec")
int BPF_PROG(on_exec, void *unused, int old_pid, struct linux_binprm *program) {
  note_exec(program, false);
  return 0;
}
SEC("raw_tp/sched_process_exec")
int BPF_PROG(on_exec_again, void *unused, int old_pid, struct linux_binprm *program) {
  note_exec(program, true);
  return 0;
}

SEC("raw_tp/sched_process_exit")
int on_exit(void *context) {
  struct task_struct *task = bpf_get_current_task_btf();
  u32 *number = membership_of(task);
  struct slot *slot = is_tracked(number) ? slot_at(*number) : NULL;
  if (!slot) return 0;
  slot->ended = true;
  check_access_at_end(task, *number);
  /* Unless threads of it live on. */
  if (!has_live_threads(task)) note_end(task, slot->group, is_unwaited(task));
  queue_exited(*number);
  return 0;
}

static __always_inline void track_if_in_target(struct task_struct *task) {
  u32 *creator = membership_of(bpf_get_current_task_btf());
  if (creator && *creator == EXCLUDED) return exclude(task);
#if SELECTION == RUSAGE_CGROUP
  if (is_thread(task) && !is_tracked(creator)) {
    /* The process is still to be found, or its threads are in several cgroups. */
    struct task_struct *leader = task->group_leader;
    update_membership(leader, leader);
    update_membership(task, leader);
  } else if (is_in_cgroup(task)) {
    track_new_task(task, creator);
  }
#else
  if (is_tracked(creator)) track_new_task(task, creator);
#endif
}

SEC("tp_btf/task_newtask")
int BPF_PROG(on_new_task, struct task_struct *task, u64 clone_flags) {
  track_if_in_target(task);
  sweep_if_late();
  return 0;
}

/* Runs after on_new_task and before the task does, with interrupts off. Doing all the work here would hold up the CPU.
 * */
SEC("tp_btf/sched_wakeup_new")
int BPF_PROG(on_first_wakeup, struct task_struct *task) {
  if (!membership_of(task)) track_if_in_target(task);
  return 0;
}

#if SELECTION == RUSAGE_CGROUP
SEC("tp_btf/cgroup_attach_task")
int BPF_PROG(on_move, struct cgroup *to, const char *path, struct task_struct *task, bool thread_group) {
  update_membership(task, task->group_leader);
  bool has_threads = thread_group && READ_FAR(task, signal, nr_threads) > 1;
  if (has_threads && !update_threads(task)) COUNT(groups_moved, 1);
  return 0;
}

/* Sorts one task by its cgroup, its process's main thread first, which has the group's record. */
SEC("iter/task")
int track_by_cgroup(struct bpf_iter__task *context) {
  struct task_struct *task = context->task;
  if (!task) return 0;
  struct task_struct *leader = task->group_leader;
  update_membership(leader, leader);
  if (task != leader) update_membership(task, leader);
  return 0;
}
#else
/* Tracks the task that user space chose; a launched command is held back meanwhile. */
SEC("iter/task")
int track_root(struct bpf_iter__task *context) {
  if (context->task) track(context->task, NO_SLOT);
  return 0;
}

#if SELECTION == RUSAGE_TREE
/* Tracks each task that has a tracked process or parent. Run until a run finds no more, it finds all descendants: a
 * task that is created meanwhile is tracked by on_new_task, or found by the next run. */
SEC("iter/task")
int track_descendants(struct bpf_iter__task *context) {
  struct task_struct *task = context->task;
  if (!task) return 0;
  struct task_struct *leader = task->group_leader;
  struct task_struct *parent = leader->real_parent->group_leader;
  track_if(task, leader, is_tracked(membership_of(parent)));
  return 0;
}
#endif
#endif

#if SELECTION != RUSAGE_COMMAND
SEC("iter/task")
int exclude_task(struct bpf_iter__task *context) {
  if (context->task) exclude(context->task);
  return 0;
}
#endif

const volatile __u32 most_cpus = 1;

static long learn_cpu_offset(u32 cpu, u64 *common) {
  u32 zero = 0;
  void *copy = bpf_map_lookup_percpu_elem(&exec_scratch, &zero, cpu);
  volatile u64 *offset = bpf_map_lookup_elem(&cpu_offset, &cpu);
  if (!copy || !offset) return 1;
  *offset = (u64)copy; /* the verifier takes an address for a number once it was stored */
  *offset -= *common;
  cpus = cpu + 1;
  return 0;
}

/* To be run once, before the first tick. Finds where each CPU's copies of per-CPU variables are, which no BTF and no
 * helper says: an element of any per-CPU map has an address on each CPU, and one common to all. */
SEC("syscall")
int prepare(void *context) {
  gauges_are_readable = gauges_readable();
  learn_signal_offsets();
  learn_clock_offset();
  if (checks_access) learn_caller();
  pid_level = READ_FAR(bpf_get_current_task_btf(), thread_pid, level);
  u32 zero = 0;
  volatile u64 *number = bpf_map_lookup_elem(&cpu_offset, &zero);
  if (!number) return 1;
  *number = (u64)&exec_scratch;
  struct bpf_array *array = (void *)*number;
  u64 common = (u64)BPF_CORE_READ(array, pptrs[0]);
  bpf_loop(most_cpus, learn_cpu_offset, &common, 0);
  return 0;
}

SEC("license")
char LICENSE[] = "Dual BSD/GPL";
