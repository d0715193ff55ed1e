/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Which tasks the recorder may report, where its user is not root: those that the user could trace. Neither counters
 * nor arguments of others are reported, at any moment: they are tracked, so that what they start is found, and counted
 * in `untraceable_tasks`.
 *
 * A task is asked when it is forked or enters, at each exec, and at each tick, as it may change its ids or make itself
 * private (PR_SET_DUMPABLE) without an exec. What it used while it could not be traced is left out:
 *
 * reported = (hidden ? what it had used when it was last traceable : what it has used) - subtracted
 *
 * A task that becomes hidden is reported as gone, as one that leaves a cgroup; one that comes back, as one that
 * arrives.
 */
#ifndef RUSAGE_BPF_ACCESS_H
#define RUSAGE_BPF_ACCESS_H

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "clock.h"
#include "kernel_types.h"
#include "memory.h"
#include "order.h"
#include "signal.h"
#include "span.h"
#include "task.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* kuid_t and kgid_t. */
typedef struct {
  u32 val;
} id_number;

/* For its size: see READ_CAPABILITIES. */
struct capabilities {
  u64 val;
};

struct user_namespace {
  struct user_namespace *parent;
  int level;
  id_number owner;
};

/* Numbers in the first user namespace. */
struct cred {
  id_number uid;
  id_number gid;
  id_number suid;
  id_number sgid;
  id_number euid;
  id_number egid;
  id_number fsuid;
  id_number fsgid;
  struct capabilities cap_permitted;
  struct capabilities cap_effective;
  struct capabilities cap_ambient;
  struct user_namespace *user_ns;
};

struct task_struct___cred {
  struct cred *real_cred; /* const there; clang 22 warns of a variable that BPF_CORE_READ makes of a const field */
};

/* Until 6.17 a number; from then on bits of their own type. */
struct mm_struct___number {
  unsigned long flags;
  struct user_namespace *user_ns;
};
struct mm_struct___bitmap {
  struct {
    unsigned long __mm_flags[1];
  } flags;
};

/* From 7.2 on, both are no longer of the address space. */
enum task_dumpable { NOT_DUMPABLE, DUMPABLE_BY_USER };
struct task_exec_state {
  enum task_dumpable dumpable;
  struct user_namespace *user_ns;
};
struct task_struct___exec_state {
  struct task_exec_state *exec_state;
};

#pragma clang attribute pop

/* Chosen by the build, as the way to count exited tasks is: see add_kernel in CMakeLists.txt. */
static const bool checks_access = CHECKS_ACCESS;

/* Set by user space before the programs are loaded: all capabilities of the recorder are its user's. */
const volatile bool is_root_of_namespace = false;

__u64 untraceable_tasks; /* how many have been hidden at some time */
__u32 access_is_readable;

/* The user, in numbers of the first user namespace, and the user's own capabilities: those that any program would keep,
 * not those of the recorder's file. */
struct {
  __u64 user_ns;
  __u64 capabilities;
  __u32 uid;
  __u32 gid;
  __s32 level; /* of the namespace */
} caller;

/* By slot. */
struct access {
  u32 busy;     /* a lock for the rest, between the tick and the task itself at its exec */
  u32 hidden;   /* the user could not trace the task */
  u32 reported; /* user space knows of it; only the tick changes this and the next one */
  u32 members;  /* of the thread group with its record at this slot: how many are reported */
  u32 began_hidden;
  u32 ever_hidden;
  u32 until_exec; /* the command before its exec: a copy of the recorder, which no user may trace */
  u32 filler;
  u64 hidden_ns;       /* when an exec has hidden it, CLOCK_MONOTONIC of the recorder; 0: at some time before a tick */
  u64 most_rss_so_far; /* until that exec, in bytes */
  struct rusage_reading since; /* when it was last traceable */
  struct rusage_reading subtracted;
};

#if CHECKS_ACCESS
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, struct access);
} accesses SEC(".maps");

static __always_inline struct access *access_of(u32 number) {
  return bpf_map_lookup_elem(&accesses, &number);
}
#else
static __always_inline struct access *access_of(u32 number) {
  return NULL;
}
#endif

static __always_inline bool lock_access(struct access *access) {
  return COMPARE_EXCHANGE(access->busy, 0, 1) == 0; /* pairs with unlock_access */
}
static __always_inline void unlock_access(struct access *access) {
  STORE_RELEASE(access->busy, 0); /* pairs with lock_access */
}

#define CAP_SYS_PTRACE 19       /* include/uapi/linux/capability.h */
#define DUMPABLE_BITS 3         /* include/linux/sched/coredump.h */
#define MOST_USER_NAMESPACES 33 /* one in the other, include/linux/user_namespace.h */

/* Eight bytes in all kernels: two words until 6.2, one number from then on. */
#define READ_CAPABILITIES(cred, set) read_word((void *)((u64)(cred) + bpf_core_field_offset(struct cred, set)), false)

#define HAS_EXEC_STATE bpf_core_field_exists(struct task_struct___exec_state, exec_state)

static __always_inline struct cred *credentials_of(struct task_struct *task) {
  return BPF_CORE_READ((struct task_struct___cred *)task, real_cred);
}

/* To be called once, by the recorder itself. */
static __always_inline void learn_caller(void) {
  access_is_readable = HAS_EXEC_STATE || (bpf_core_field_exists(struct mm_struct___number, user_ns) &&
                                          (bpf_core_field_exists(struct mm_struct___number, flags) ||
                                           bpf_core_field_exists(struct mm_struct___bitmap, flags)));
  struct cred *cred = credentials_of(bpf_get_current_task_btf());
  caller.uid = READ(false, cred, fsuid.val);
  caller.gid = READ(false, cred, fsgid.val);
  caller.user_ns = (u64)BPF_CORE_READ(cred, user_ns);
  caller.level = READ_FAR(cred, user_ns, level);
  caller.capabilities =
      is_root_of_namespace ? READ_CAPABILITIES(cred, cap_effective) : READ_CAPABILITIES(cred, cap_ambient);
}

struct climb {
  u64 user_ns;
  bool allowed;
};

static long climb_to_caller(u32 step, struct climb *climb) {
  struct user_namespace *user_ns = (void *)climb->user_ns;
  if (climb->user_ns == caller.user_ns) {
    climb->allowed = caller.capabilities >> CAP_SYS_PTRACE & 1;
    return 1;
  }
  if (READ(false, user_ns, level) <= caller.level) return 1;
  u64 parent = (u64)BPF_CORE_READ(user_ns, parent);
  /* Who makes a namespace has all capabilities in it. */
  climb->allowed = parent == caller.user_ns && READ(false, user_ns, owner.val) == caller.uid;
  climb->user_ns = parent;
  return climb->allowed;
}

/* Whether the user has CAP_SYS_PTRACE in that namespace. */
static __always_inline bool may_trace_in(u64 user_ns) {
  struct climb climb = {.user_ns = user_ns};
  bpf_loop(MOST_USER_NAMESPACES, climb_to_caller, &climb, 0);
  return climb.allowed;
}

static __always_inline bool is_dumpable(struct mm_struct *mm) {
  u64 offset = bpf_core_field_exists(struct mm_struct___number, flags)
                   ? bpf_core_field_offset(struct mm_struct___number, flags)
                   : bpf_core_field_offset(struct mm_struct___bitmap, flags);
  return (read_word((void *)((u64)mm + offset), false) & DUMPABLE_BITS) == DUMPABLE_BY_USER;
}

struct privacy {
  bool dumpable;
  u64 user_ns; /* the right to trace in it includes what is not dumpable */
};

static __always_inline struct privacy privacy_of(struct task_struct *task, struct mm_struct *mm) {
  struct privacy privacy = {};
  if (HAS_EXEC_STATE) {
    struct task_exec_state *state = BPF_CORE_READ((struct task_struct___exec_state *)task, exec_state);
    privacy.dumpable = READ(false, state, dumpable) == DUMPABLE_BY_USER;
    privacy.user_ns = (u64)BPF_CORE_READ(state, user_ns);
  } else {
    privacy.dumpable = is_dumpable(mm);
    privacy.user_ns = (u64)BPF_CORE_READ((struct mm_struct___number *)mm, user_ns);
  }
  return privacy;
}

/* What ptrace_may_access asks, of a task with that address space. NULL: it has none, as a kernel thread, or none any
 * more. */
static __always_inline bool is_traceable(struct task_struct *task, struct mm_struct *mm) {
  struct cred *cred = credentials_of(task);
  u64 user_ns = (u64)BPF_CORE_READ(cred, user_ns);
  bool same_user = READ(false, cred, uid.val) == caller.uid && READ(false, cred, euid.val) == caller.uid &&
                   READ(false, cred, suid.val) == caller.uid && READ(false, cred, gid.val) == caller.gid &&
                   READ(false, cred, egid.val) == caller.gid && READ(false, cred, sgid.val) == caller.gid;
  if (!same_user && !may_trace_in(user_ns)) return false;
  if (mm) {
    struct privacy privacy = privacy_of(task, mm);
    if (!privacy.dumpable && !may_trace_in(privacy.user_ns)) return false;
  }
  bool no_more_capable =
      user_ns == caller.user_ns && (READ_CAPABILITIES(cred, cap_permitted) & ~caller.capabilities) == 0;
  return no_more_capable || may_trace_in(user_ns);
}

static __always_inline void subtract(struct rusage_reading *from, const struct rusage_reading *what) {
  subtract_cpu_time(&from->cpu, &what->cpu);
#define SUBTRACT(name, unit, field, ...) from->name -= what->name;
  RUSAGE_COLUMNS(NOTHING, NOTHING, SUBTRACT, NOTHING, NOTHING)
#undef SUBTRACT
}

static __always_inline void add(struct rusage_reading *to, const struct rusage_reading *what) {
  add_cpu_time(&to->cpu, &what->cpu);
#define ADD(name, unit, field, ...) to->name += what->name;
  RUSAGE_COLUMNS(NOTHING, NOTHING, ADD, NOTHING, NOTHING)
#undef ADD
}

/* Brings `since` up to date. The run time alone could go back, as it is extrapolated. */
static __always_inline void see_traceable(struct access *access, const struct rusage_reading *now) {
  u64 run = access->since.cpu.run;
  access->since = *now;
  if (access->since.cpu.run < run) access->since.cpu.run = run;
}

static __always_inline void hide(struct access *access, u64 now_ns, u64 most_rss_so_far) {
  access->hidden_ns = now_ns;
  access->most_rss_so_far = access->ever_hidden ? 0 : most_rss_so_far;
  access->hidden = 1;
  if (!access->ever_hidden) COUNT(untraceable_tasks, 1);
  access->ever_hidden = 1;
}

static __always_inline void reveal(struct access *access, const struct rusage_reading *now) {
  add(&access->subtracted, now);
  subtract(&access->subtracted, &access->since);
  access->since = *now;
  access->hidden = 0;
}

static __always_inline void read_as_it_runs(struct rusage_reading *reading, struct task_struct *task) {
  read_counters(reading, task, false);
  reading->cpu.run = run_time(task, false);
}

/* For a task that has just been given its slot, before the tick knows of it. */
static __always_inline void begin_access(struct task_struct *task, u32 number) {
  struct access *access = access_of(number);
  if (!access) return;
  read_as_it_runs(&access->since, task);
  __builtin_memset(&access->subtracted, 0, sizeof(access->subtracted));
  access->hidden = access->reported = access->members = access->ever_hidden = access->until_exec = 0;
  access->began_hidden = !is_traceable(task, BPF_CORE_READ(task, mm));
  if (access->began_hidden) {
    access->subtracted = access->since;
    hide(access, 0, 0);
  }
  unlock_access(access);
}

/* For the command that is held back: a copy of the recorder, and no more private than what it will execute. */
static __always_inline void show_until_exec(u32 number) {
  struct access *access = access_of(number);
  if (!access) return;
  if (access->hidden) COUNT(untraceable_tasks, -1);
  __builtin_memset(&access->subtracted, 0, sizeof(access->subtracted));
  access->hidden = access->began_hidden = access->ever_hidden = 0;
  access->until_exec = 1;
}

/* At the exec of a task, with room for a reading: whether it may be reported. The credentials and the address space are
 * the new ones. Where the tick is at work on this task just now, it finds out for itself the next time. */
static __always_inline bool may_report_exec(struct task_struct *task, u32 number, struct rusage_reading *now) {
  struct access *access = access_of(number);
  if (!access) return true;
  bool traceable = is_traceable(task, BPF_CORE_READ(task, mm));
  access->until_exec = 0;
  if (!lock_access(access)) return traceable && !access->hidden && access->reported;
  if (traceable != !access->hidden) {
    read_as_it_runs(now, task);
    if (traceable) {
      reveal(access, now);
    } else {
      see_traceable(access, now);
      hide(access, recorder_ns(bpf_ktime_get_ns()), maxrss_of(task) * page_bytes);
    }
  }
  bool came_back = traceable && !access->reported && access->ever_hidden;
  unlock_access(access);
  return traceable && !came_back;
}

/* Where the kernel still shows at a task's end what it was. */
static __always_inline void check_access_at_end(struct task_struct *task, u32 number) {
  struct access *access = access_of(number);
  struct mm_struct *mm = access ? BPF_CORE_READ(task, mm) : NULL;
  if (!mm || access->hidden || access->until_exec || is_traceable(task, mm)) return;
  if (!lock_access(access)) return;
  if (!access->hidden) hide(access, 0, 0);
  unlock_access(access);
}

/* Makes of what a task has used what may be reported of it. */
static __always_inline void subtract_hidden(u32 number, struct rusage_reading *reading) {
  struct access *access = access_of(number);
  if (access) subtract(reading, &access->subtracted);
}

static __always_inline bool was_ever_hidden(u32 number) {
  struct access *access = access_of(number);
  return access && access->ever_hidden;
}

static long try_lock(u32 attempt, u32 *number) {
  struct access *access = access_of(*number);
  return !access || lock_access(access);
}

/* At a tick, with the counters just read: makes of them what may be reported, and locks the task's record until
 * end_visit. */
static __always_inline void check_access_at_tick(struct access *access, u32 number, struct task_struct *task, bool gone,
                                                 const struct final *final, struct rusage_reading *reading) {
  bpf_loop(1 << 12, try_lock, &number, 0);
  struct mm_struct *mm = BPF_CORE_READ(task, mm);
  bool traceable = is_traceable(task, mm);
  read_barrier();
  /* At its end a task has no address space any more, and keeps what it was. Memory that was given away meanwhile says
   * nothing. */
  bool current = !gone && mm && BPF_CORE_READ(task, mm) == mm && !READ(false, task, exit_state) &&
                 !(final && READ_ONCE(final->known)) && !access->until_exec;
  if (current && traceable && access->hidden)
    reveal(access, reading);
  else if (current && !traceable && !access->hidden)
    hide(access, 0, 0);
  if (!access->hidden) see_traceable(access, reading);
  *reading = access->since;
  subtract(reading, &access->subtracted);
}

/* The same for a task that is gone, which keeps what it was. */
static __always_inline void finalize_access(struct access *access, u32 number, struct rusage_reading *reading) {
  bpf_loop(1 << 12, try_lock, &number, 0);
  if (!access->hidden) see_traceable(access, reading);
  *reading = access->since;
  subtract(reading, &access->subtracted);
}

static __always_inline void end_visit(u32 number) {
  struct access *access = access_of(number);
  if (access) unlock_access(access);
}

#endif
