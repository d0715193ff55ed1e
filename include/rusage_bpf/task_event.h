/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the BPF programs report of single tasks, so that user space can attribute the usage to processes.
 *
 * A process's time is divided into spans: one from its fork to its first exec or its exit, and one from each exec on. A
 * span has a number of its own. Each task belongs to one span, and at its exec changes to the next one: all other
 * threads of its process have exited by then.
 *
 * Forks and exits, and at the ticks that ask for them the live tasks, are written to a ring of events; user space
 * writes back how far it has read. If user space is late and the ring is full, events are dropped: such a task is
 * unlisted. If it is still live when there is room again, it is listed then, with RUSAGE_LATE. Execs are reported at
 * once, in a BPF ring buffer.
 */
#ifndef RUSAGE_BPF_TASK_EVENT_H
#define RUSAGE_BPF_TASK_EVENT_H

#include <linux/types.h>

#include "rusage_bpf/columns.h"

/* Run time and the tick counts that say how to split it, in nanoseconds. */
struct rusage_cpu_time {
  __u64 run;
  __u64 user_ticks;
  __u64 system_ticks;
};

/* What is read from a task: its counters since its fork, and its run time apart, as it is split by the ticks of the
 * whole process. */
#define RUSAGE_NOTHING(...)
#define RUSAGE_READING_MEMBER(name, unit, field, ...) __u64 name;
struct rusage_reading {
  struct rusage_cpu_time cpu;
  RUSAGE_COLUMNS(RUSAGE_NOTHING, RUSAGE_NOTHING, RUSAGE_READING_MEMBER, RUSAGE_NOTHING, RUSAGE_NOTHING)
};
#undef RUSAGE_READING_MEMBER

/* RUSAGE_PROCESS: the first task of a process, or the last one. RUSAGE_MOVED: the task moved into the cgroup or out of
 * it, and was live before or is live still. RUSAGE_STATUS: `status` is known. RUSAGE_UNWAITED: no tracked process will
 * reap it, as it is an orphan or its parent ignores SIGCHLD. RUSAGE_LATE: the task was unlisted when it was forked;
 * with RUSAGE_GONE it still is, and the event is only about the end of its process. */
enum rusage_task_event_kind { RUSAGE_NEW, RUSAGE_GONE, RUSAGE_LIVE };
enum rusage_task_event_flag {
  RUSAGE_PROCESS = 1,
  RUSAGE_MOVED = 2,
  RUSAGE_STATUS = 4,
  RUSAGE_UNWAITED = 8,
  RUSAGE_LATE = 16
};

struct rusage_task_event {
  __u32 kind;
  __u32 flags;
  __u64 span;
  struct rusage_reading reading; /* of a new one: what it had used before it moved in */

  /* Of a new process. Process numbers are those of the recorder's pid namespace. */
  __u64 parent_span; /* of the task that forked it; 0: unknown */
  __u64 start_ns;    /* CLOCK_MONOTONIC */
  __u64 exec_id;     /* the kernel's number for the last exec before the span began; 0: unknown */
  __u32 pid;
  __u32 parent_pid;

  /* Of a process that is gone. */
  __u64 process_span; /* may be another one than its last task's */
  __u64 end_ns;       /* CLOCK_MONOTONIC; 0: unknown */
  __u64 status;       /* as wait reports it */

  /* The peak of resident memory in bytes, of one that is gone or live. 0: unknown. */
  __u64 peak_rss;        /* since its last exec */
  __u64 most_rss_so_far; /* since its fork; known when it is gone */
};

/* How many events there is room for. */
#define RUSAGE_TASK_EVENTS 16384

struct rusage_exec {
  __u64 old_span;
  __u64 new_span;
  __u64 time_ns;         /* CLOCK_MONOTONIC */
  __u64 exec_id;         /* the kernel's number for it */
  __u64 most_rss_so_far; /* in bytes, since the fork of the process */
  struct rusage_reading reading;
  __u32 path_bytes;
  __u32 arguments_bytes;
  __u32 file_name_bytes; /* 0: the path has it */
  __u32 unused;
  char comm[16];
  /* The path that was executed, then the file's own name, then the arguments; each ends in a 0 unless it was cut. */
};

#define RUSAGE_EXEC_PATH_BYTES 4096
#define RUSAGE_EXEC_FILE_NAME_BYTES 256
#define RUSAGE_EXEC_ARGUMENTS_BYTES 4096

#endif
