/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* CLOCK_MONOTONIC as the recorder reads it: in a time namespace (time_namespaces(7)), as each container
 * has that was restored by CRIU, it differs from the kernel's own. All times that user space gets are in
 * it. */
#ifndef RUSAGE_BPF_CLOCK_H
#define RUSAGE_BPF_CLOCK_H

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "kernel_types.h"
#include "read.h"

#define NS_PER_S 1000000000LL

/* Of the recorder's time namespace; set once, before the first time is reported. */
__s64 monotonic_offset_ns;

static __always_inline u64 recorder_ns(u64 kernel_ns) {
  return kernel_ns + monotonic_offset_ns;
}

/* To be run by the recorder. */
static __always_inline void learn_clock_offset(void) {
  if (!bpf_core_field_exists(((struct time_namespace *)0)->offsets)) return;
  struct time_namespace *time = BPF_CORE_READ(bpf_get_current_task_btf(), nsproxy, time_ns);
  monotonic_offset_ns =
      READ(false, time, offsets.monotonic.tv_sec) * NS_PER_S + READ(false, time, offsets.monotonic.tv_nsec);
}

#endif
