/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Two ways to read kernel memory. A task that we hold cannot go away, and the verifier knows the
 * type of the pointer that holds it: plain loads. Otherwise each read is a checked copy from an
 * address, slower, and may find memory already used for something else: the caller checks
 * afterwards. `direct` is a constant wherever this is used, so that each program has one of the
 * two. Numbers are read by READ alone.
 */
#ifndef RUSAGE_BPF_READ_H
#define RUSAGE_BPF_READ_H

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "kernel_types.h"

/* Births take a reference; see on_last_switch for the other way. Chosen by the build, which makes one
 * object for each way: see add_kernel in CMakeLists.txt. */
static const bool hold_tasks = HOLD_TASKS;

/* The number in `field`, which may be of another size or sign in this kernel than in kernel_types.h, or
 * a bit field: task_struct.on_cpu was an int, and is a byte from 7.2 on. A copy takes as many bytes as
 * this kernel's BTF says. A plain load is fitted by the kernel itself where both sides are unsigned; so
 * what may be read by one is unsigned in kernel_types.h, or of eight bytes. */
#define READ(direct, pointer, field)                                                             \
  ({                                                                                             \
    typeof(pointer) from_ = (pointer);                                                           \
    (direct) ? from_->field : (typeof(from_->field))BPF_CORE_READ_BITFIELD_PROBED(from_, field); \
  })

/* The pointer in `field`. */
#define FOLLOW(direct, pointer, field) ((direct) ? (pointer)->field : BPF_CORE_READ((pointer), field))

/* The number in `field` of what the pointers `path` lead to from `pointer`, by copies. */
#define READ_FAR(pointer, path, field) READ(false, BPF_CORE_READ((pointer), path), field)

extern void *bpf_rdonly_cast(const void *object, u32 type) __ksym;

/* The 16 bytes at an address, whatever is there; zeros where nothing is. A plain load needs a type to go by:
 * one of two words that every kernel has. */
static __always_inline void read_words(u64 words[2], u64 address, const bool direct) {
  if (direct) {
    struct timespec64 *pair = bpf_rdonly_cast((void *)address, bpf_core_type_id_kernel(struct timespec64));
    words[0] = pair->tv_sec;
    words[1] = pair->tv_nsec;
  } else if (bpf_probe_read_kernel(words, 2 * sizeof(u64), (void *)address)) {
    words[0] = words[1] = 0;
  }
}

/* The number at `place`. A pointer that was loaded is no number to the verifier, which this makes it. */
static __always_inline u64 read_word(const void *place, const bool direct) {
  u64 words[2] = {};
  if (direct)
    read_words(words, (u64)place, direct);
  else
    bpf_probe_read_kernel(words, sizeof(u64), place);
  return words[0];
}

#endif
