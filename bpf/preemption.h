/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Programs at tracepoints that a task may be preempted in, as it may from Linux 7.0 on. Until it is back, the kernel
 * leaves the program out for each other task that comes there on the same CPU (bpf_prog_info.recursion_misses).
 *
 * So preemption is off in all but the way in, and each of these programs comes twice: the second one does what the first
 * one was left out of, and finds it done otherwise. An event is lost where another task was preempted on the way into the
 * first, and a third on the way into the second.
 */
#ifndef RUSAGE_BPF_PREEMPTION_H
#define RUSAGE_BPF_PREEMPTION_H

#include <bpf/bpf_helpers.h>

/* From 6.10 on. */
extern void bpf_preempt_disable(void) __ksym __weak;
extern void bpf_preempt_enable(void) __ksym __weak;

/* bpf_ksym_exists of libbpf 1.2 */
#define KERNEL_HAS(function) ((void *)(function) != NULL)

static __always_inline void disable_preemption(void) {
  if (KERNEL_HAS(bpf_preempt_disable)) bpf_preempt_disable();
}
static __always_inline void enable_preemption(void) {
  if (KERNEL_HAS(bpf_preempt_disable)) bpf_preempt_enable();
}

#endif
