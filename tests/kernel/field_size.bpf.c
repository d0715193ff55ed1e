/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Reads three fields of a task, each as kernel_types.h has it, both ways: out of memory that the test
 * has laid out as a kernel that it made up. */
#include <linux/types.h>

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define HOLD_TASKS 1
#include "read.h"

__u64 kernel_memory[16];

/* By whether the read is direct. */
__s64 on_cpu[2];
__s64 state[2];
__s64 utime[2];

static __always_inline void read_fields(const bool direct) {
  struct task_struct *task = (void *)kernel_memory;
  on_cpu[direct] = READ(direct, task, on_cpu);
  state[direct] = READ(direct, task, __state);
  utime[direct] = READ(direct, task, utime);
}

SEC("syscall")
int read_all(void *context) {
  read_fields(false);
  read_fields(true);
  return 0;
}

char LICENSE[] SEC("license")
= "Dual BSD/GPL";
