/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* An exec ends a span of the process and begins the next one, under another name. */
#ifndef RUSAGE_BPF_EXEC_H
#define RUSAGE_BPF_EXEC_H

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "access.h"
#include "clock.h"
#include "kernel_types.h"
#include "memory.h"
#include "rusage_bpf/task_event.h"
#include "signal.h"
#include "task.h"
#include "tree.h"

/* Execs that no span begins with: of tasks that have no slot, or with no room left in the ring buffer. */
__u64 execs_unreported;
/* Those of them for which there was no room: the span goes on, under the name that it had. */
__u64 execs_lost;

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096); /* set by user space before the programs are loaded */
} execs SEC(".maps");

struct exec_text {
  struct rusage_exec exec;
  char text[RUSAGE_EXEC_PATH_BYTES + RUSAGE_EXEC_FILE_NAME_BYTES + RUSAGE_EXEC_ARGUMENTS_BYTES];
};

/* Where an exec's record is put together: no stack of ours has room for it. */
struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, struct exec_text);
} exec_scratch SEC(".maps");

/* Through a descriptor, as fexecve and execveat do, or through a link to an open file. */
static __always_inline bool may_be_link(const char *path) {
  return __builtin_memcmp(path, "/dev/fd/", 8) == 0 || __builtin_memcmp(path, "/proc/", 6) == 0;
}

/* What descriptor the path of so many bytes, the 0 included, ends in, where it ends in one. Only the last eight are
 * looked at, as the verifier follows each of them. */
static __always_inline u32 last_number(const char *path, u64 bytes) {
  char end[8];
  u32 number = 0;
  if (bytes <= sizeof(end)) return 0;
  bpf_probe_read_kernel(end, sizeof(end), path + bytes - 1 - sizeof(end));
  for (u32 i = 0; i < sizeof(end); i++) {
    u32 digit = (u32)end[i] - '0';
    number = digit < 10 ? number * 10 + digit : 0;
  }
  return number;
}

/* Of a script that was executed through its descriptor, which its interpreter will read it from. */
static __always_inline struct file *script_file(struct task_struct *task, const char *path, u64 bytes) {
  u32 number = last_number(path, bytes);
  struct fdtable *table = BPF_CORE_READ(task, files, fdt);
  if (number >= READ(false, table, max_fds)) return NULL;
  struct file *file = NULL;
  bpf_probe_read_kernel(&file, sizeof(file), BPF_CORE_READ(table, fd) + number);
  return file;
}

/* The name that the file itself has, where the path that was executed does not say it: puts it behind the path, and
 * gives its length. */
static __always_inline u64 read_file_name(char *path, u64 path_bytes, struct task_struct *task,
                                          struct linux_binprm *program) {
  if (!may_be_link(path)) return 0;
  bool is_script = BPF_CORE_READ(program, interp) != BPF_CORE_READ(program, filename);
  struct file *file = is_script ? script_file(task, path, path_bytes) : BPF_CORE_READ(program, file);
  const unsigned char *own = BPF_CORE_READ(file, f_path.dentry, d_name.name);
  long bytes = bpf_probe_read_kernel_str(path + path_bytes, RUSAGE_EXEC_FILE_NAME_BYTES, own);
  return bytes < 0 || bytes > RUSAGE_EXEC_FILE_NAME_BYTES ? 0 : bytes;
}

/* The path and the arguments, as far as there is room. Right after an exec the arguments lie in pages that the
 * kernel has just written, so that they can be read without a fault. */
static __always_inline void read_text(struct exec_text *record, struct task_struct *task,
                                      struct linux_binprm *program) {
  const char *path = BPF_CORE_READ(program, filename);
  long path_bytes = bpf_probe_read_kernel_str(record->text, RUSAGE_EXEC_PATH_BYTES, path);
  u64 used = path_bytes < 0 ? 0 : path_bytes;
  if (used > RUSAGE_EXEC_PATH_BYTES) used = 0;
  u64 name_bytes = read_file_name(record->text, used, task, program);
  record->exec.path_bytes = used;
  record->exec.file_name_bytes = name_bytes;
  used += name_bytes;
  u64 start = READ_FAR(task, mm, arg_start);
  u64 length = READ_FAR(task, mm, arg_end) - start;
  if (length > RUSAGE_EXEC_ARGUMENTS_BYTES) length = RUSAGE_EXEC_ARGUMENTS_BYTES;
  if (bpf_probe_read_user(record->text + used, length, (void *)start)) length = 0;
  record->exec.arguments_bytes = length;
}

static __always_inline bool submit(struct exec_text *record) {
  u64 text_bytes = record->exec.path_bytes + record->exec.file_name_bytes + record->exec.arguments_bytes;
  if (text_bytes > sizeof(record->text)) return false;
  return bpf_ringbuf_output(&execs, record, sizeof(record->exec) + text_bytes, BPF_RB_NO_WAKEUP) == 0;
}

static __always_inline void begin_span(struct task_struct *task, u32 number, struct linux_binprm *program) {
  u32 zero = 0;
  struct slot *slot = slot_at(number);
  struct history *history = history_of(number);
  struct history *process = slot ? history_of(slot->group) : NULL;
  struct exec_text *record = bpf_map_lookup_elem(&exec_scratch, &zero);
  if (!history || !process || !record) {
    COUNT(execs_unreported, 1);
    return;
  }
  u64 exec_id = READ(false, task, self_exec_id);
  if (history->exec_id == exec_id) return; /* done already */
  history->exec_id = exec_id;
  struct rusage_exec *exec = &record->exec;
  exec->exec_id = exec_id;
  if (!may_report_exec(task, number, &exec->reading)) return;
  exec->old_span = history->span;
  exec->new_span = FETCH_ADD(spans, 1) + 1;
  exec->time_ns = recorder_ns(bpf_ktime_get_ns());
  exec->most_rss_so_far = was_ever_hidden(number) ? 0 : maxrss_of(task) * page_bytes;
  read_counters(&exec->reading, task, true);
  exec->reading.cpu.run = run_time(task, false);
  subtract_hidden(number, &exec->reading);
  bpf_get_current_comm(exec->comm, sizeof(exec->comm));
  read_text(record, task, program);
  if (!submit(record)) {
    COUNT(execs_unreported, 1);
    COUNT(execs_lost, 1);
    return;
  }
  process->process_span = exec->new_span;
  history->span = exec->new_span;
}

#endif
