/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The kernel structures we read, and of each only the fields we read. Offsets come from the running
 * kernel's BTF when the program is loaded (preserve_access_index), so order and gaps do not matter
 * here, and the build needs neither a generated vmlinux.h nor BTF on the build machine.
 *
 * Numbers that are read by plain loads are unsigned: see READ.
 *
 * A name that ends in ___something is that structure as another kernel has it: everything from the
 * three underscores on is ignored when the name is looked up.
 */
#ifndef RUSAGE_BPF_KERNEL_TYPES_H
#define RUSAGE_BPF_KERNEL_TYPES_H

#include <linux/types.h>
#include <stdbool.h>

typedef __u8 u8;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;
typedef __s64 s64;

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
  unsigned int counter; /* not below 0 wherever it is read */
} atomic_t;

typedef struct {
  s64 counter;
} atomic64_t;

struct rq {
  u64 clock;
  u64 clock_task;
  struct task_struct *curr;
};

struct cfs_rq {
  struct rq *rq;
};

struct sched_entity {
  u64 exec_start;
  u64 sum_exec_runtime;
  struct cfs_rq *cfs_rq;
};

struct sched_info {
  unsigned long long run_delay;
};

struct task_io_accounting {
  u64 rchar;
  u64 wchar;
  u64 syscr;
  u64 syscw;
  u64 read_bytes;
  u64 write_bytes;
};

/* Until 6.1: the exact value, but for what a running task still holds back (/proc does not add it
 * either). */
struct mm_rss_stat {
  atomic64_t count[4];
};

/* From 6.2: what is not in `count` is spread over one counter a CPU. */
struct percpu_counter {
  s64 count;
  s32 *counters;
};

struct mm_struct {
  atomic_t mm_users;
  unsigned long total_vm;
  unsigned long hiwater_rss;
  unsigned long arg_start;
  unsigned long arg_end;
  struct percpu_counter rss_stat[4];
};

struct mm_struct___before_6_2 {
  struct mm_rss_stat rss_stat;
};

struct qstr {
  const unsigned char *name;
};

struct dentry {
  struct qstr d_name;
};

struct path {
  struct dentry *dentry;
};

struct file {
  struct path f_path;
};

struct fdtable {
  unsigned int max_fds;
  struct file **fd;
  unsigned long *open_fds;
};

struct files_struct {
  atomic_t count;
  struct fdtable *fdt;
};

struct kernfs_node {
  u64 id;
};

struct cgroup {
  int level;
  struct kernfs_node *kn;
  struct cgroup *ancestors[0]; /* from the root, which is level 0, to itself */
};

struct css_set {
  struct cgroup *dfl_cgrp; /* in the one hierarchy of cgroup v2 */
};

struct list_head {
  struct list_head *next;
};

struct signal_struct {
  atomic_t live;
  struct list_head thread_head;
  int nr_threads;
  int group_exit_code;
  unsigned int flags;
  unsigned long maxrss;
};

struct sigaction {
  void *sa_handler;
  unsigned long sa_flags;
};

struct k_sigaction {
  struct sigaction sa;
};

struct sighand_struct {
  struct k_sigaction action[64]; /* of signal N at N - 1 */
};

struct upid {
  int nr;
};

struct pid {
  unsigned int level;
  struct upid numbers[0]; /* one for each pid namespace that knows it, from the first one on */
};

struct linux_binprm {
  struct file *file; /* of a script: its interpreter */
  const char *filename;
  const char *interp; /* `filename` itself, but of a script */
};

/* For its shape as well: see read_words. */
struct timespec64 {
  s64 tv_sec;
  long tv_nsec;
};

struct timens_offsets {
  struct timespec64 monotonic;
};

struct time_namespace {
  struct timens_offsets offsets;
};

struct nsproxy {
  struct time_namespace *time_ns;
};

struct task_struct {
  unsigned int __state;
  unsigned int on_cpu;
  unsigned int exit_state;
  int exit_code;
  unsigned int pid;
  unsigned int tgid;
  u64 self_exec_id; /* one more at each exec; a new task has its creator's */
  u64 start_time;
  char comm[16];
  struct sched_entity se;
  struct sched_info sched_info;
  struct task_io_accounting ioac;
  u64 utime;
  u64 stime;
  unsigned long nvcsw;
  unsigned long nivcsw;
  unsigned long min_flt;
  unsigned long maj_flt;
  struct mm_struct *mm;
  struct files_struct *files;
  struct task_struct *real_parent;
  struct task_struct *group_leader;
  struct css_set *cgroups;
  struct signal_struct *signal;
  struct sighand_struct *sighand;
  struct list_head thread_node; /* in signal->thread_head, with the process's other threads */
  struct pid *thread_pid;
  struct nsproxy *nsproxy;
};

struct bpf_array {
  void *pptrs[0];
};

#pragma clang attribute pop

/* The context of an iterator over tasks: an interface of the kernel, with no offsets to look up. */
struct bpf_iter__task {
  void *meta;
  struct task_struct *task;
};

#endif
