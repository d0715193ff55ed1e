/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Two ways to read kernel memory. A task that we hold cannot go away, and bpf_rdonly_cast turns its
 * address into a typed pointer that is read by plain loads. Otherwise each read is a checked copy,
 * three times as slow, that may find memory already used for something else: the caller checks
 * afterwards. `direct` is a constant wherever this is used, so that each program holds one of the
 * two.
 */
#ifndef RUSAGE_BPF_READ_H
#define RUSAGE_BPF_READ_H

#include <bpf/bpf_core_read.h>

#define READ(direct, pointer, field) ((direct) ? (pointer)->field : BPF_CORE_READ((pointer), field))

#endif
