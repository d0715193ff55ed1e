/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The test's own truth, by other means than the recorder's: what every task of one user had in its
 * counters at its very last switch, after which no counter moves. */
#include <linux/types.h>

#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "kernel_types.h"

#define TASK_DEAD 0x80

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
typedef struct {
  __u32 val;
} kuid_t;
struct cred {
  kuid_t uid;
};
struct task_struct___owner {
  struct cred *cred;
};
#pragma clang attribute pop

const volatile __u32 uid = 0;
__u64 tasks;
__u64 run_ns;
__u64 switches;

SEC("tp_btf/sched_switch")
int BPF_PROG(on_switch, bool preempt, struct task_struct *prev) {
  if (prev->__state != TASK_DEAD) return 0;
  struct task_struct___owner *owner = (void *)prev;
  if (BPF_CORE_READ(owner, cred, uid.val) != uid) return 0;
  __sync_fetch_and_add(&tasks, 1);
  __sync_fetch_and_add(&run_ns, prev->se.sum_exec_runtime);
  __sync_fetch_and_add(&switches, prev->nvcsw + prev->nivcsw);
  return 0;
}

char LICENSE[] SEC("license")
= "Dual BSD/GPL";
