/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The tracked tree: which tasks belong to it, in what order they are visited, and the thread group
 * each is in. Births run on any CPU at any time, beside the one program that holds the lock of
 * sweep.h, which they do without:
 *
 *   free_slots is a queue of slot numbers, used round and round. Positions count up and never wrap:
 *
 *        drained          taken             freed + capacity
 *      ----+----------------+---------------------+----
 *          | new, not yet   | free, for the next  | the tick puts free
 *          | in walk_order  | new task            | slots here
 *
 *   An entry says how far its number is from its place, so that the queue, all zeros when it is made,
 *   begins with each number once.
 *
 * A new task takes the slot at `taken` (compare and swap), fills it and marks it ready. The tick, or a sweep (sweep.h),
 * moves ready slots to walk_order: a dense list of exactly the tracked tasks.
 */
#ifndef RUSAGE_BPF_TREE_H
#define RUSAGE_BPF_TREE_H

#include <bpf/bpf_helpers.h>

#include "kernel_types.h"
#include "order.h"
#include "read.h"
#include "rusage_bpf/selection.h"
#include "rusage_bpf/task_event.h"
#include "span.h"

#if HOLD_TASKS
#define HELD __attribute__((btf_type_tag("kptr")))
#else
#define HELD
#endif

extern struct task_struct *bpf_task_acquire(struct task_struct *task) __ksym;
extern struct task_struct *bpf_task_from_pid(s32 pid) __ksym;
extern void bpf_task_release(struct task_struct *task) __ksym;

/* Set by user space before the programs are loaded. */
const volatile __u32 capacity = 1;  /* slots */
const volatile __u64 cgroup_id = 0; /* the inode of its directory, where members are a cgroup's */

/* SLOT_ENTERED: found alive when the recording began. SLOT_ARRIVED: moved to the cgroup since, after
 * it had used what `arrivals` says. */
enum slot_state { SLOT_FILLING, SLOT_BORN, SLOT_ENTERED, SLOT_ARRIVED };

/* What a task's membership can be other than a slot's number. */
#define NO_SLOT 0xffffffffU   /* of the tree, but without a slot of its own */
#define EXCLUDED 0xfffffffeU  /* the recorder, or what it has started: never of the tree */
#define UNCLAIMED 0xfffffffdU /* not of the tree, or about to be */
#define CLAIMED 0xfffffffcU   /* about to be tracked: only the program that claimed it knows more */

/* A task, and for the first tracked task of a thread group, the group's own record as well. */
struct slot {
  struct task_struct HELD *task; /* not held: valid until its last switch */
  u32 state;
  u32 group;          /* the slot that has the thread group's record */
  u32 place;          /* in walk_order */
  u32 use;            /* how many tasks have had this slot before */
  u32 process_listed; /* of the group: see events.h */
  u32 listed;
  u32 ended; /* on_exit has run for it */

  /* The group's record: it outlives its own task while other members live. */
  u32 members;
  u32 tick;                      /* the tick that last visited a member; what follows belongs to that tick */
  struct rusage_cpu_time now;    /* of all members, exited ones included, as far as they were visited */
  struct rusage_cpu_time exited; /* of the members that are gone, less what others had used before they came:
                           the only sum kept from tick to tick, and together with the living positive */
  u64 counted_mm;                /* the address space and the descriptor table counted last */
  u64 counted_files;
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, struct slot);
} slots SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, u32);
} free_slots SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, u32);
} walk_order SEC(".maps");

/* Membership: the slot of each task of the tree. */
struct {
  __uint(type, BPF_MAP_TYPE_TASK_STORAGE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, int);
  __type(value, u32);
} membership SEC(".maps");

struct {
  __u64 drained;
  __u64 taken;
  __u64 freed;
} queue;

__u32 walked; /* length of walk_order */

__u64 untracked_tasks;

static __always_inline struct slot *slot_at(u32 number) {
  return bpf_map_lookup_elem(&slots, &number);
}

static __always_inline u32 slot_number_at(u64 position) {
  u32 index = position % capacity;
  u32 *entry = bpf_map_lookup_elem(&free_slots, &index);
  return entry ? index + READ_ONCE(*entry) : NO_SLOT;
}

static long try_slot(u32 attempt, u32 *number) {
  u64 position = READ_ONCE(queue.taken);
  if (position == READ_ONCE(queue.freed) + capacity) return 1;
  full_barrier(); /* pairs with free_slot */
  u32 candidate = slot_number_at(position);
  if (candidate == NO_SLOT) return 1;
  if (COMPARE_EXCHANGE(queue.taken, position, position + 1) != position) return 0;
  *number = candidate;
  return 1;
}

/* Takes a free slot's number, NO_SLOT where there is none. Tries again only when another CPU took
 * the same. */
static __always_inline u32 take_slot(void) {
  u32 number = NO_SLOT;
  bpf_loop(64, try_slot, &number, 0);
  return number;
}

/* Gives a slot back, under the lock, so that a plain store is enough until the position moves. */
static __always_inline void free_slot(u32 number) {
  u32 index = queue.freed % capacity;
  u32 *entry = bpf_map_lookup_elem(&free_slots, &index);
  if (!entry) return;
  WRITE_ONCE(*entry, number - index);
  STORE_RELEASE(queue.freed, queue.freed + 1); /* pairs with try_slot */
}

static __always_inline bool is_tracked(const u32 *membership) {
  u32 number = membership ? READ_ONCE(*membership) : UNCLAIMED;
  return number != EXCLUDED && number != UNCLAIMED && number != CLAIMED;
}

static __always_inline u32 *membership_of(struct task_struct *task) {
  return bpf_task_storage_get(&membership, task, NULL, 0);
}

static __always_inline bool is_thread(struct task_struct *task) {
  return READ(true, task, pid) != READ(true, task, tgid);
}

static __always_inline void count_untracked(void) {
  COUNT(untracked_tasks, 1);
}

/* Returns the membership of `task` to fill in; NULL if another program has claimed it. Until it is filled in, the
 * task's children are not tracked when they are created. */
static __always_inline u32 *claim(struct task_struct *task) {
  u32 unclaimed = UNCLAIMED;
  u32 *own = bpf_task_storage_get(&membership, task, &unclaimed, BPF_LOCAL_STORAGE_GET_F_CREATE);
  /* If two CPUs create it at the same moment, one of them finds it only at a second try. */
  if (!own) own = membership_of(task);
  if (!own) count_untracked();
  return own && COMPARE_EXCHANGE(*own, UNCLAIMED, CLAIMED) == UNCLAIMED ? own : NULL;
}

/* Of access.h. */
static __always_inline void begin_access(struct task_struct *task, u32 number);

/* Gives `task`, just claimed, a slot: in the thread group at slot `group`, or, with NO_SLOT, in a group of its own,
 * created by a task of the span `parent`. Without a free slot the task is counted as untracked, and its children are
 * still tracked. */
static __always_inline struct slot *assign_slot(struct task_struct *task, u32 *membership, u32 group, u64 parent) {
  bool own_group = group == NO_SLOT;
  u32 number = take_slot();
  struct slot *slot = slot_at(number);
  struct slot *record = own_group ? slot : slot_at(group);
  if (!slot || !record) {
    *membership = NO_SLOT;
    count_untracked();
    return NULL;
  }
  slot->group = own_group ? number : group;
  slot->listed = slot->ended = false;
  if (own_group) slot->process_listed = false;
  if (own_group) {
    slot->members = 0;
    slot->tick = 0;
    __builtin_memset(&slot->exited, 0, sizeof(slot->exited));
  }
  if (own_group)
    begin_history(number, task, parent);
  else
    join_history(number, task, group);
  begin_access(task, number);
  COUNT(record->members, 1);
  if (hold_tasks) {
    struct task_struct *held = bpf_task_acquire(task);
    if (held) held = bpf_kptr_xchg(&slot->task, held);
    if (held) bpf_task_release(held);
  } else {
    slot->task = task;
  }
  /* A task that is live already may start a thread right now, which is tracked by this. */
  STORE_RELEASE(*membership, number);
  return slot;
}

/* Lets the tick see the slot: pairs with drain_birth. */
static __always_inline void publish(struct slot *slot, enum slot_state state) {
  STORE_RELEASE(slot->state, state);
}

/* Tracks a task that was just created. `creator` is its creator's membership, which has the group of a thread. */
static __always_inline void track_new_task(struct task_struct *task, const u32 *creator) {
  u32 *own = claim(task);
  if (!own) return;
  u32 group = NO_SLOT;
  if (is_thread(task)) {
    struct slot *process = creator ? slot_at(*creator) : NULL;
    if (!process) { /* of a process that is not tracked */
      *own = NO_SLOT;
      count_untracked();
      return;
    }
    group = process->group;
  }
  struct slot *slot = assign_slot(task, own, group, span_of(creator));
  if (slot) publish(slot, SLOT_BORN);
}

#endif
