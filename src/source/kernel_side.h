/* Loading bpf/rusage.bpf.c, of which there is one build for each way of recording. In C, as bpftool's light
 * skeletons are.
 *
 * Light, because these load in a quarter of the time: the kernel itself looks its types up, where libbpf would
 * first read and search all 5 MB that describe them, once for each structure that we know. */
#ifndef RUSAGE_BPF_KERNEL_SIDE_H
#define RUSAGE_BPF_KERNEL_SIDE_H

#include <linux/types.h>
#ifndef __cplusplus
#include <stdbool.h>
#endif

#include "rusage_bpf/sample.h"

#ifdef __cplusplus
extern "C" {
#endif

struct kernel_options {
  __u32 capacity;
  __u32 cpus;              /* at most */
  __u32 exec_buffer_bytes; /* a power of two */
  __u32 sample_ring_length;
  __u64 cgroup_id;
  __u64 tick_ns;
  __u64 page_bytes;
  bool gauges_from_proc;
  bool is_root_of_namespace; /* of a user namespace: the recorder's capabilities are its user's own */
  /* Where the kernel's verifier says why it refuses a program; it takes several times as long then. NULL: it need
   * not. Kernels before 6.4 refuse a program whose log does not fit. */
  char *log;
  __u32 log_bytes;
};

/* A kernel side that is loaded; 0 for a program that this way of recording has not. */
struct kernel_side {
  struct rusage_kernel *skeleton;        /* owns all the rest */
  int (*attach)(struct rusage_kernel *); /* negative on failure, with errno */
  void (*destroy)(struct rusage_kernel *);

  int tick, prepare, track_root, track_descendants, track_by_cgroup, exclude_task;
  __u32 capacity; /* of group_pids, as of all that have an entry for each task */
  int group_pids, task_events, execs, samples;
  int on_exec, on_exec_again, on_move;

  /* Memory that both sides have mapped. */
  const struct rusage_sample *sample;
  __u64 *samples_written;
  __u64 *samples_read; /* how many of those in samples user space has read */
  const __u64 *slots_taken;
  const __u64 *execs_lost;
  __u64 *events_read; /* how many of the events in task_events user space has read */
  __u32 *report_round;
  const __u64 *newly_tracked;
  const __u64 *groups_moved;
  const __u32 *listed_groups;
  const __u32 *gauges_are_readable;
  const __u32 *access_is_readable;
};

/* Each returns 0, or an error number with `kernel` left alone. */
int load_held_command(const struct kernel_options *options, struct kernel_side *kernel);
int load_held_tree(const struct kernel_options *options, struct kernel_side *kernel);
int load_held_cgroup(const struct kernel_options *options, struct kernel_side *kernel);
int load_unheld_command(const struct kernel_options *options, struct kernel_side *kernel);
int load_unheld_tree(const struct kernel_options *options, struct kernel_side *kernel);
int load_unheld_cgroup(const struct kernel_options *options, struct kernel_side *kernel);
int load_held_command_of_user(const struct kernel_options *options, struct kernel_side *kernel);
int load_held_tree_of_user(const struct kernel_options *options, struct kernel_side *kernel);
int load_held_cgroup_of_user(const struct kernel_options *options, struct kernel_side *kernel);
int load_unheld_command_of_user(const struct kernel_options *options, struct kernel_side *kernel);
int load_unheld_tree_of_user(const struct kernel_options *options, struct kernel_side *kernel);
int load_unheld_cgroup_of_user(const struct kernel_options *options, struct kernel_side *kernel);

#ifdef __cplusplus
}
#endif

#endif
