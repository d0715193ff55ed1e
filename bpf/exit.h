/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The end of a process: when, how, and how much memory it had at most. Its counters go on for a while after
 * that. */
#ifndef RUSAGE_BPF_EXIT_H
#define RUSAGE_BPF_EXIT_H

#include <bpf/bpf_helpers.h>

#include "clock.h"
#include "kernel_types.h"
#include "memory.h"
#include "signal.h"
#include "tree.h"

#define SIGNAL_GROUP_EXIT 0x4 /* include/linux/sched/signal.h, the same since 2.6 */

/* The most that was ever resident of the address space, in bytes. The kernel notes a peak before what is
 * resident shrinks, so that the peak may be now. */
static __always_inline u64 peak_of(struct mm_struct *mm, const bool direct) {
  u64 noted = READ(direct, mm, hiwater_rss);
  u64 now = resident_pages(mm, direct);
  return (noted > now ? noted : now) * page_bytes;
}

/* include/uapi/asm-generic/signal.h and signal-defs.h, interfaces that cannot change */
#define SIGCHLD 17
#define SIG_IGN 1
#define SA_NOCLDWAIT 2

/* Whether the kernel's totals lack a process that ends now: its parent is not of the tree, or has the kernel throw away
 * what its children used. Of a command alone is there a total to compare with. */
static __always_inline bool is_unwaited(struct task_struct *task) {
#if SELECTION == RUSAGE_COMMAND
  struct task_struct *parent = task->real_parent;
  if (!is_tracked(membership_of(parent))) return true;
  struct sighand_struct *sighand = BPF_CORE_READ(parent, sighand);
  if (BPF_CORE_READ(sighand, action[SIGCHLD - 1].sa.sa_handler) == (void *)SIG_IGN) return true;
  return READ(false, sighand, action[SIGCHLD - 1].sa.sa_flags) & SA_NOCLDWAIT;
#else
  return false;
#endif
}

/* To be called for the last task of the process with its record at slot `group`. */
static __always_inline void note_end(struct task_struct *task, u32 group, bool unwaited) {
  struct history *history = history_of(group);
  if (!history) return;
  /* Copied from addresses: for each pointer that is followed directly, the kernel searches its types for
   * about a millisecond when it loads the program. */
  bool as_group = read_signal(task, signal_offsets.flags) & SIGNAL_GROUP_EXIT;
  history->status =
      as_group ? read_signal(task, signal_offsets.group_exit_code) : READ_FAR(task, group_leader, exit_code);
  history->most_rss_so_far = maxrss_of(task) * page_bytes;
  history->unwaited = unwaited;
  /* From Linux 6.16 on the address space is still there at this moment. */
  struct mm_struct *mm = BPF_CORE_READ(task, mm);
  if (mm && gauges_readable()) history->peak_rss = peak_of(mm, false);
  WRITE_ONCE(history->end_ns, recorder_ns(bpf_ktime_get_ns()));
}

/* The same for a dead task, where on_exit did not run. The parent may be gone: the process counts as waited for. */
static __always_inline void note_missed_end(struct task_struct *task, u32 number) {
  struct slot *slot = slot_at(number);
  struct history *history = slot && !slot->ended ? history_of(slot->group) : NULL;
  if (!history) return;
  slot->ended = true;
  if (!history->end_ns && !has_live_threads(task)) note_end(task, slot->group, false);
}

#endif
