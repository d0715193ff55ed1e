/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the kernel side tells of single tasks, so that user space can say what each process cost.
 *
 * The time of a process is told in spans: one from its birth to its first exec or its end, and one from
 * each exec on. A span has a number of its own. Each task belongs to one span, and when it execs, to the
 * next one: all other threads of its process are over by then.
 *
 * Forks, exits and, when a tick is asked to, who lives are told in a ring of events, in which user space says how
 * far it has read. While it reads too late for that, events are left out: such a task is unlisted. If it is still
 * alive when there is room again, it is listed then, as RUSAGE_LATE. Execs are told as they happen, in a BPF ring
 * buffer.
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

/* What is read from a task: its counters since its birth, and its run time apart, as the ticks of all its
 * process split it. */
#define RUSAGE_NOTHING(...)
#define RUSAGE_READING_MEMBER(name, unit, field) __u64 name;
struct rusage_reading {
  struct rusage_cpu_time cpu;
  RUSAGE_COLUMNS(RUSAGE_NOTHING, RUSAGE_NOTHING, RUSAGE_READING_MEMBER, RUSAGE_NOTHING,
                 RUSAGE_NOTHING)
};
#undef RUSAGE_READING_MEMBER

/* RUSAGE_PROCESS: the first task of a process, or the last one. RUSAGE_MOVED: came to the cgroup, or left
 * it, and lived before or lives on. RUSAGE_STATUS: `status` is known. RUSAGE_UNWAITED: no process of the tree waits for
 * it, as it is an orphan or its parent ignores SIGCHLD. RUSAGE_LATE: of a task that was unlisted when it was forked; one
 * that is gone still is, and the event is of its process alone, which it ends. */
enum rusage_task_event_kind { RUSAGE_BORN, RUSAGE_GONE, RUSAGE_LIVES };
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
  struct rusage_reading reading; /* of one that was born: what it had used before it came */

  /* Of a process that was born. Process numbers are those of the recorder's pid namespace. */
  __u64 parent_span; /* whose task made it; 0: nobody's */
  __u64 start_ns;    /* CLOCK_MONOTONIC */
  __u32 pid;
  __u32 parent_pid;

  /* Of a process that is gone. */
  __u64 process_span; /* which need not be that of the task that was its last */
  __u64 end_ns;       /* CLOCK_MONOTONIC; 0: unknown */
  __u64 status;       /* as wait reports it */

  /* The peak of resident memory in bytes, of one that is gone or lives. 0: unknown. */
  __u64 peak_rss;        /* of what it executes now */
  __u64 most_rss_so_far; /* of all that it has executed; known when it is gone */
};

/* How many events there is room for. */
#define RUSAGE_TASK_EVENTS 16384

struct rusage_exec {
  __u64 old_span;
  __u64 new_span;
  __u64 time_ns;         /* CLOCK_MONOTONIC */
  __u64 most_rss_so_far; /* in bytes, of all that the process had executed before */
  struct rusage_reading reading;
  __u32 path_bytes;
  __u32 arguments_bytes;
  __u32 file_name_bytes; /* 0: the path has it */
  __u32 unused;
  char comm[16];
  /* The path that was executed, then the file's own name, then the arguments; each ends in a 0 unless it was
   * cut. */
};

#define RUSAGE_EXEC_PATH_BYTES 4096
#define RUSAGE_EXEC_FILE_NAME_BYTES 256
#define RUSAGE_EXEC_ARGUMENTS_BYTES 4096

#endif
