/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Two ways to read kernel memory. A task that we hold cannot go away, and the verifier knows the
 * type of the pointer that holds it: plain loads. Otherwise each read is a checked copy from an
 * address, slower, and may find memory already used for something else: the caller checks
 * afterwards. `direct` is a constant wherever this is used, so that each program has one of the
 * two.
 */
#ifndef RUSAGE_BPF_READ_H
#define RUSAGE_BPF_READ_H

#include <bpf/bpf_core_read.h>

#define READ(direct, pointer, field) ((direct) ? (pointer)->field : BPF_CORE_READ((pointer), field))

#endif
