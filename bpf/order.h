/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Memory ordering. The programs run on all CPUs at once, and user space reads what they write.
 *
 * BPF has these means in every kernel that we load on (Documentation/bpf/standardization/instruction-set.rst): an
 * atomic instruction that gives the old value is a full barrier, as in the kernel's own memory model; an atomic add
 * with an unused result does not return a value, and orders nothing. There is no load-acquire and no store-release
 * before Linux 6.15.
 */
#ifndef RUSAGE_BPF_ORDER_H
#define RUSAGE_BPF_ORDER_H

#include <bpf/bpf_helpers.h>

#include "kernel_types.h"

/* One access, neither left out nor repeated by the compiler. Orders nothing. */
#define READ_ONCE(place) (*(const volatile typeof(place) *)&(place))
#define WRITE_ONCE(place, value) (*(volatile typeof(place) *)&(place) = (value))

/* A counter that only ever has to be right in the end. Orders nothing. */
#define COUNT(place, by) ((void)__sync_fetch_and_add(&(place), (by)))

/* The value before. A full barrier. */
#define FETCH_ADD(place, by) __sync_fetch_and_add(&(place), (by))
#define EXCHANGE(place, value) __sync_lock_test_and_set(&(place), (value))
#define COMPARE_EXCHANGE(place, from, to) __sync_val_compare_and_swap(&(place), (from), (to))

/* A program that reads the new value, and then what was written before it, reads what was written. A full barrier,
 * which is more than it has to be. */
#define STORE_RELEASE(place, value) ((void)EXCHANGE(place, value))

/* No access is moved to the other side, by the compiler or the CPU. */
static __always_inline void full_barrier(void) {
  u64 own = 0;
  (void)EXCHANGE(own, 1);
}

/* Set by user space: whether this CPU may read memory in another order than the program says. arm64 may, x86 does
 * not. */
const volatile bool reorders_reads = true;

/* What is read after this is at least as new as what was read before. */
static __always_inline void read_barrier(void) {
  if (reorders_reads)
    full_barrier();
  else
    barrier();
}

#endif
