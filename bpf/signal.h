/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What is read of a process in its signal_struct, at offsets that `prepare` learns.
 *
 * When the kernel loads a program and looks up a field, it remembers where the structure is among its 150000 types, but
 * not of two structures whose names have the same hash, as signal_struct and files_struct have: it would search all
 * types each time that a program goes from one to the other, for a quarter of a millisecond. So one program alone names
 * signal_struct.
 */
#ifndef RUSAGE_BPF_SIGNAL_H
#define RUSAGE_BPF_SIGNAL_H

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "kernel_types.h"

struct {
  __u32 live; /* how many threads have not ended */
  __u32 flags;
  __u32 group_exit_code;
  __u32 maxrss;
} signal_offsets;

#define OFFSET_IN_SIGNAL(field) bpf_core_field_offset(struct signal_struct, field)

static __always_inline void learn_signal_offsets(void) {
  signal_offsets.live = OFFSET_IN_SIGNAL(live.counter);
  signal_offsets.flags = OFFSET_IN_SIGNAL(flags);
  signal_offsets.group_exit_code = OFFSET_IN_SIGNAL(group_exit_code);
  signal_offsets.maxrss = OFFSET_IN_SIGNAL(maxrss);
}

static __always_inline u32 read_signal(struct task_struct *task, u32 offset) {
  u32 number = 0;
  bpf_probe_read_kernel(&number, sizeof(number), (void *)BPF_CORE_READ(task, signal) + offset);
  return number;
}

static __always_inline bool has_live_threads(struct task_struct *task) {
  return read_signal(task, signal_offsets.live);
}

/* The most resident memory of all address spaces that the process had until its last exec, in pages. */
static __always_inline unsigned long maxrss_of(struct task_struct *task) {
  unsigned long pages = 0;
  bpf_probe_read_kernel(&pages, sizeof(pages), (void *)BPF_CORE_READ(task, signal) + signal_offsets.maxrss);
  return pages;
}

#endif
