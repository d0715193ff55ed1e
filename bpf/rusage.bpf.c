/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The kernel side. The kernel already counts all we report, in each task_struct; so these programs
 * run when a task is born, when one execs, when a process ends, and at the tick, which reads the counters
 * of every tracked task.
 *
 * A dead task's counters are final only at its last switch, which comes after every exit
 * tracepoint. There are two ways to read them then, chosen by what the kernel has:
 *
 *   held         births take a reference. A tick that finds a task dead and off its CPU takes its
 *                final counters and lets it go. Nothing of ours runs at switches. Needs
 *                a kernel that lets maps hold tasks (from 6.4).
 *   last switch  a program at every switch of the machine looks for a dying `prev` and keeps its
 *                counters.
 *
 * The build makes an object of each of these, HOLD_TASKS or not, and of each SELECTION: a
 * command's tree, a tree that runs already, a cgroup. The kernel checks a program for milliseconds,
 * so a run loads only what it needs.
 */
#include <linux/types.h>

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "access.h"
#include "cgroup.h"
#include "clock.h"
#include "enter.h"
#include "exec.h"
#include "exit.h"
#include "memory.h"
#include "sweep.h"
#include "task.h"
#include "tick.h"
#include "tree.h"

#if HOLD_TASKS
SEC("syscall")
int tick_held(void *context) {
  return run_tick(true);
}
#else
SEC("syscall")
int tick_unheld(void *context) {
  return run_tick(false);
}

SEC("tp_btf/sched_switch")
int BPF_PROG(on_last_switch, bool preempt, struct task_struct *prev) {
  if (READ(true, prev, __state) != TASK_DEAD) return 0;
  u32 *number = membership_of(prev);
  struct final *final = number ? final_of(*number) : NULL;
  if (!final) return 0;
  note_missed_end(prev, *number);
  read_as_kept(&final->reading, prev);
  __sync_lock_test_and_set(&final->known, 1);
  return 0;
}
#endif

/*
 * From Linux 7.0 on a task may be preempted in a program at a tracepoint, and until it is back, the kernel leaves the
 * program out for each other task that comes there on the same CPU (bpf_prog_info.recursion_misses). So there is another
 * chance for each event: on_wakeup for a birth, note_missed_end for an end, and for an exec a second program. Only an
 * exec can be lost then, where one task was preempted in the first program and another one in the second.
 */

/* Those of exec and exit are not tp_btf: the kernel would search its types for the tracepoint, twice, for what is the
 * current task anyway. */
SEC("raw_tp/sched_process_exec")
int BPF_PROG(on_exec, void *unused, int old_pid, struct linux_binprm *program) {
  struct task_struct *task = bpf_get_current_task_btf();
  u32 *number = membership_of(task);
  if (is_member(number)) begin_span(task, *number, program);
  return 0;
}
SEC("raw_tp/sched_process_exec")
int BPF_PROG(on_exec_again, void *unused, int old_pid, struct linux_binprm *program) {
  struct task_struct *task = bpf_get_current_task_btf();
  u32 *number = membership_of(task);
  if (is_member(number) && *number != NO_SLOT) begin_span(task, *number, program);
  return 0;
}

SEC("raw_tp/sched_process_exit")
int on_end(void *context) {
  struct task_struct *task = bpf_get_current_task_btf();
  u32 *number = membership_of(task);
  struct slot *slot = is_member(number) ? slot_at(*number) : NULL;
  if (!slot) return 0;
  slot->ended = true;
  check_access_at_end(task, *number);
  /* Unless threads of it live on. */
  if (!READ_FAR(task, signal, live.counter)) note_end(task, slot->group, is_unwaited(task));
  put_exited(*number);
  return 0;
}

static __always_inline void sort_newborn(struct task_struct *task) {
  u32 *creator = membership_of(bpf_get_current_task_btf());
  if (creator && *creator == OUTSIDE) return keep_outside(task);
#if SELECTION == RUSAGE_CGROUP
  if (is_thread(task) && !is_member(creator)) {
    /* Of a process that is still to be found, or whose threads are in several cgroups. */
    sort_by_cgroup(task->group_leader);
    sort_by_cgroup(task);
  } else if (is_in_cgroup(task)) {
    add_birth(task, creator);
  }
#else
  if (is_member(creator)) add_birth(task, creator);
#endif
}

SEC("tp_btf/task_newtask")
int BPF_PROG(on_birth, struct task_struct *task, u64 clone_flags) {
  sort_newborn(task);
  sweep_if_late();
  return 0;
}

/* Comes after on_birth and before the task runs, with interrupts off. To do it all here would hold up the CPU. */
SEC("tp_btf/sched_wakeup_new")
int BPF_PROG(on_wakeup, struct task_struct *task) {
  if (!membership_of(task)) sort_newborn(task);
  return 0;
}

#if SELECTION == RUSAGE_CGROUP
SEC("tp_btf/cgroup_attach_task")
int BPF_PROG(on_move, struct cgroup *to, const char *path, struct task_struct *task,
             bool thread_group) {
  sort_by_cgroup(task);
  bool has_threads = thread_group && READ_FAR(task, signal, nr_threads) > 1;
  if (has_threads && !sort_threads(task)) __sync_fetch_and_add(&groups_moved, 1);
  return 0;
}

/* Sorts one task by its cgroup, its process's main thread first, which has the group's record. */
SEC("iter/task")
int enter_by_cgroup(struct bpf_iter__task *context) {
  struct task_struct *task = context->task;
  if (!task) return 0;
  sort_by_cgroup(task->group_leader);
  if (task != task->group_leader) sort_by_cgroup(task);
  return 0;
}
#else
/* Makes the task that user space chose a member; a launched command stands still meanwhile. */
SEC("iter/task")
int enter_root(struct bpf_iter__task *context) {
  if (context->task) enter(context->task, NO_SLOT);
  return 0;
}

#if SELECTION == RUSAGE_TREE
/* Makes a member of each task whose process, or whose parent, is one. Run again and again until no
 * more are found, it finds all descendants: who is born meanwhile is a member by birth, or is there
 * to be found by the next run. */
SEC("iter/task")
int enter_descendants(struct bpf_iter__task *context) {
  struct task_struct *task = context->task;
  if (!task) return 0;
  struct task_struct *leader = task->group_leader;
  struct task_struct *parent = leader->real_parent->group_leader;
  enter_if(task, leader, is_member(membership_of(parent)));
  return 0;
}
#endif
#endif

#if SELECTION != RUSAGE_COMMAND
SEC("iter/task")
int leave_out(struct bpf_iter__task *context) {
  if (context->task) keep_outside(context->task);
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

/* To be run once, before the first tick. Learns where each CPU's copies of per-CPU variables lie,
 * which no BTF and no helper tells: an element of a per-CPU map, of whichever, has an address on each
 * CPU, and one common to all. */
SEC("syscall")
int prepare(void *context) {
  gauges_are_readable = gauges_readable();
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
