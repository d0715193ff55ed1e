#include "source/kernel_side.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <zlib.h>

#include "rusage_bpf/selection.h"
/* Before the skeleton, which names structures of it. */
#include "rusage_bpf/task_event.h"

/* The skeleton is packed by tools/cmake/pack_skeleton. */
static _Thread_local void *unpacked_data;
#define PACKED_DATA unpacked_data

#include "rusage_kernel.skel.h"

static int unpack(void *to, uInt bytes) {
  z_stream stream = {
      .next_in = (z_const Bytef *)packed_data, .avail_in = sizeof(packed_data), .next_out = to, .avail_out = bytes};
  const int gzip_alone = 15 + 16;
  if (inflateInit2(&stream, gzip_alone) != Z_OK) return ENOMEM;
  const int end = inflate(&stream, Z_FINISH);
  inflateEnd(&stream);
  return end == Z_STREAM_END ? 0 : EINVAL;
}

#ifdef __x86_64__
static const bool reorders_reads = false;
#else
static const bool reorders_reads = true;
#endif

static void set_up(struct rusage_kernel *skeleton, const struct kernel_options *options) {
  skeleton->rodata->reorders_reads = reorders_reads;
  skeleton->rodata->capacity = options->capacity;
  skeleton->rodata->most_cpus = options->cpus;
  skeleton->rodata->cgroup_id = options->cgroup_id;
  skeleton->rodata->tick_ns = options->tick_ns;
  skeleton->rodata->sample_ring_length = options->sample_ring_length;
  skeleton->rodata->page_bytes = options->page_bytes;
  skeleton->rodata->gauges_from_proc = options->gauges_from_proc;
  skeleton->rodata->is_root_of_namespace = options->is_root_of_namespace;

  skeleton->maps.slots.max_entries = options->capacity;
  skeleton->maps.free_slots.max_entries = options->capacity;
  skeleton->maps.walk_order.max_entries = options->capacity;
  skeleton->maps.exited_slots.max_entries = options->capacity;
  skeleton->maps.histories.max_entries = options->capacity;
  skeleton->maps.execs.max_entries = options->exec_buffer_bytes;
  skeleton->maps.samples.max_entries = options->sample_ring_length;
  skeleton->maps.cpu_offset.max_entries = options->cpus;
#if !HOLD_TASKS || SELECTION == RUSAGE_CGROUP
  skeleton->maps.finals.max_entries = options->capacity;
#endif
#if SELECTION == RUSAGE_CGROUP
  skeleton->maps.arrivals.max_entries = options->capacity;
#endif
#if CHECKS_ACCESS
  skeleton->maps.accesses.max_entries = options->capacity;
#endif
  if (options->gauges_from_proc) skeleton->maps.group_pids.max_entries = options->capacity;
}

static int load(struct rusage_kernel *skeleton, const struct kernel_options *options) {
  if (options->log) {
    skeleton->ctx.log_level = 1;
    skeleton->ctx.log_buf = (uintptr_t)options->log;
    skeleton->ctx.log_size = options->log_bytes;
  }
  unpacked_data = malloc(UNPACKED_BYTES);
  int failure = unpacked_data ? unpack(unpacked_data, UNPACKED_BYTES) : ENOMEM;
  if (!failure) failure = rusage_kernel__load(skeleton);
  free(unpacked_data);
  return failure < 0 ? -failure : failure;
}

int LOAD_KERNEL(const struct kernel_options *options, struct kernel_side *kernel) {
  struct rusage_kernel *skeleton = rusage_kernel__open();
  if (!skeleton) return ENOMEM;
  set_up(skeleton, options);
  const int failure = load(skeleton, options);
  if (failure) {
    rusage_kernel__destroy(skeleton);
    return failure;
  }
  *kernel = (struct kernel_side) {
    .skeleton = skeleton, .attach = rusage_kernel__attach, .destroy = rusage_kernel__destroy,
    .prepare = skeleton->progs.prepare.prog_fd,
#if HOLD_TASKS
    .tick = skeleton->progs.tick_held.prog_fd,
#else
    .tick = skeleton->progs.tick_unheld.prog_fd,
#endif
#if SELECTION == RUSAGE_CGROUP
    .track_by_cgroup = skeleton->progs.track_by_cgroup.prog_fd,
#else
    .track_root = skeleton->progs.track_root.prog_fd,
#endif
#if SELECTION == RUSAGE_TREE
    .track_descendants = skeleton->progs.track_descendants.prog_fd,
#endif
#if SELECTION != RUSAGE_COMMAND
    .exclude_task = skeleton->progs.exclude_task.prog_fd,
#endif
    .capacity = options->capacity, .group_pids = skeleton->maps.group_pids.map_fd,
    .task_events = skeleton->maps.task_events.map_fd, .execs = skeleton->maps.execs.map_fd,
    .samples = skeleton->maps.samples.map_fd, .on_exec = skeleton->progs.on_exec.prog_fd,
    .on_exec_again = skeleton->progs.on_exec_again.prog_fd,
#if SELECTION == RUSAGE_CGROUP
    .on_move = skeleton->progs.on_move.prog_fd,
#endif
    .report_round = &skeleton->bss->report_round, .sample = &skeleton->bss->sample,
    .samples_written = &skeleton->bss->samples_written, .samples_read = &skeleton->bss->samples_read,
    .slots_taken = &skeleton->bss->queue.taken, .execs_lost = &skeleton->bss->execs_lost,
    .events_read = &skeleton->bss->events_read, .newly_tracked = &skeleton->bss->newly_tracked,
    .groups_moved = &skeleton->bss->groups_moved, .listed_groups = &skeleton->bss->listed_groups,
    .gauges_are_readable = &skeleton->bss->gauges_are_readable,
    .access_is_readable = &skeleton->bss->access_is_readable,
  };
  return 0;
}
