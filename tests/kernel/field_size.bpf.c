/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Reads three fields of a task, of which kernel_types.h says that one is signed, which is read by copies alone, out of
 * memory that the test has laid out as a kernel that it made up. */
#include <linux/types.h>

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define HOLD_TASKS 1
#include "read.h"

__u64 kernel_memory[16];

__s64 exit_code;
/* By whether the read is direct. */
__s64 state[2];
__s64 utime[2];

#define TASK ((struct task_struct *)kernel_memory)

SEC("syscall")
int by_copies(void *context) {
  exit_code = READ(false, TASK, exit_code);
  state[false] = READ(false, TASK, __state);
  utime[false] = READ(false, TASK, utime);
  return 0;
}

SEC("syscall")
int unsigned_directly(void *context) {
  state[true] = READ(true, TASK, __state);
  utime[true] = READ(true, TASK, utime);
  return 0;
}

char LICENSE[] SEC("license")
= "Dual BSD/GPL";
