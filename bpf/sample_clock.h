/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The kernel's clock: a timer takes each sample on time, whatever user space does meanwhile, and leaves it in a ring
 * that user space reads when it pays.
 *
 * The timer's callback runs in a software interrupt, which holds up everything else on its CPU. So it visits some
 * hundred tasks and lets the CPU go before it visits the next.
 */
#ifndef RUSAGE_BPF_SAMPLE_CLOCK_H
#define RUSAGE_BPF_SAMPLE_CLOCK_H

#include <bpf/bpf_helpers.h>
#include <linux/time.h>

#include "clock.h"
#include "cpu_time.h"
#include "events.h"
#include "order.h"
#include "rusage_bpf/sample.h"
#include "sweep.h"
#include "tick.h"

#define VISITS_AT_ONCE 512
#define PAUSE_NS 20000ULL /* between two parts of a tick, or before another try */

struct sample_timer {
  struct bpf_timer timer;
};
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, struct sample_timer);
} sample_timers SEC(".maps");

/* By the number of the sample modulo the length. */
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, 1); /* set by user space before the programs are loaded */
  __type(key, u32);
  __type(value, struct rusage_sample);
} samples SEC(".maps");

const volatile __u32 sample_ring_length = 1;

/* Positions count up and never wrap. `samples_read` is user space's. */
__u64 samples_written;
__u64 samples_read;

/* When samples are due, in the kernel's own CLOCK_MONOTONIC. */
struct rusage_tick_context due;

/* The first deadline after `now_ns`. */
static __always_inline u64 next_deadline_ns(u64 now_ns) {
  u64 since_start_ns = now_ns < due.start_ns ? 0 : now_ns - due.start_ns;
  if (!due.row_ns || !due.samples_per_row) return now_ns;
  u64 row = since_start_ns / due.row_ns;
  u64 part = (since_start_ns - row * due.row_ns) * due.samples_per_row / due.row_ns + 1;
  u64 deadline_ns = due.start_ns + row * due.row_ns + part * due.row_ns / due.samples_per_row;
  return deadline_ns > now_ns ? deadline_ns : deadline_ns + due.row_ns / due.samples_per_row;
}

/* Where there is no room, a later sample has all that this one would have. */
static __always_inline void keep_sample(void) {
  if (samples_written - READ_ONCE(samples_read) >= sample_ring_length) return;
  u32 index = samples_written % sample_ring_length;
  struct rusage_sample *place = bpf_map_lookup_elem(&samples, &index);
  if (!place) return;
  *place = sample;
  STORE_RELEASE(samples_written, samples_written + 1); /* pairs with BpfSource's reads */
}

static int on_deadline(void *map, u32 *key, struct sample_timer *value) {
  u64 begin_ns = bpf_ktime_get_ns();
  int result = run_tick(VISITS_AT_ONCE, true);
  u64 end_ns = bpf_ktime_get_ns();
  sample.clock_cpu_ns += end_ns - begin_ns;
  u64 wait_ns = PAUSE_NS;
  if (result == RUSAGE_TICKED) {
    keep_sample();
    unlock_sums();
    u64 deadline_ns = next_deadline_ns(end_ns);
    if (deadline_ns >= due.end_ns) return 0;
    wait_ns = deadline_ns - end_ns;
  }
  bpf_timer_start(&value->timer, wait_ns, 0);
  return 0;
}

static __always_inline struct sample_timer *the_timer(void) {
  u32 zero = 0;
  return bpf_map_lookup_elem(&sample_timers, &zero);
}

static __always_inline int start_clock(const struct rusage_tick_context *context) {
  struct sample_timer *value = the_timer();
  if (!value) return RUSAGE_REFUSED;
  due = *context;
  due.start_ns -= monotonic_offset_ns;
  due.end_ns -= monotonic_offset_ns;
  u64 now_ns = bpf_ktime_get_ns();
  u64 deadline_ns = next_deadline_ns(now_ns);
  if (bpf_timer_init(&value->timer, &sample_timers, CLOCK_MONOTONIC)) return RUSAGE_REFUSED;
  if (bpf_timer_set_callback(&value->timer, on_deadline)) return RUSAGE_REFUSED;
  if (deadline_ns >= due.end_ns) return RUSAGE_TICKED;
  return bpf_timer_start(&value->timer, deadline_ns - now_ns, 0) ? RUSAGE_REFUSED : RUSAGE_TICKED;
}

/* A tick that was begun is finished, so that its sample is not lost. */
static __always_inline int stop_clock(void) {
  struct sample_timer *value = the_timer();
  if (!value) return RUSAGE_REFUSED;
  bpf_timer_cancel(&value->timer);
  if (!walk.unfinished) return RUSAGE_TICKED;
  run_tick(capacity, true);
  keep_sample();
  unlock_sums();
  return RUSAGE_TICKED;
}

static __always_inline int take_sample(bool keeps_it) {
  int result = run_tick(capacity, false);
  if (result != RUSAGE_TICKED) return result;
  if (keeps_it) keep_sample();
  unlock_sums();
  return RUSAGE_TICKED;
}

/* What the tick program does. */
static __always_inline int answer(const struct rusage_tick_context *context) {
  if (context->request == RUSAGE_START_CLOCK) return start_clock(context);
  if (context->request == RUSAGE_STOP_CLOCK) return stop_clock();
  read_clock();
  if (context->request == RUSAGE_READ_CLOCK) return RUSAGE_TICKED;
  return take_sample(context->request == RUSAGE_TAKE_DUE_SAMPLE);
}

#endif
