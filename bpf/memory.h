/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Resident set, virtual size and open descriptors of a task, equal to what /proc/PID/statm and
 * /proc/PID/fd say; each address space and each descriptor table of the tree counts once. */
#ifndef RUSAGE_BPF_MEMORY_H
#define RUSAGE_BPF_MEMORY_H

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "kernel_types.h"
#include "read.h"

__u32 cpus; /* that the kernel has copies of per-CPU variables for; set by prepare */
const volatile __u64 page_bytes = 4096;
const volatile bool gauges_from_proc = false;

/* include/linux/mm_types_task.h: MM_FILEPAGES, MM_ANONPAGES, MM_SWAPENTS, MM_SHMEMPAGES. */
#define FILE_PAGES 0
#define ANON_PAGES 1
#define SHMEM_PAGES 3

/* How far CPU n's copy of a per-CPU variable is from the variable's own address: see prepare. */
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, u64);
} cpu_offset SEC(".maps");

/* Process numbers of the live thread groups, where user space has to read their memory and descriptors itself. */
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, u64); /* read as an array, and the kernel pads elements to 8 bytes */
} group_pids SEC(".maps");

/* Shared address spaces and tables already counted, stamped with the tick that did: entries of
 * earlier ticks count as empty, so that nothing has to be cleared. */
#define VISITED_ENTRIES 32768
#define VISITED_PROBES 32
struct visited_entry {
  u64 address;
  u64 tick;
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, VISITED_ENTRIES);
  __type(key, u32);
  __type(value, struct visited_entry);
} visited SEC(".maps");

struct visit_lookup {
  u64 address;
  u64 tick;
  u32 hash;
  u32 first;
};

static long probe_visited(u32 probe, struct visit_lookup *lookup) {
  u32 index = (lookup->hash + probe) % VISITED_ENTRIES;
  struct visited_entry *entry = bpf_map_lookup_elem(&visited, &index);
  if (!entry) return 1;
  if (entry->tick != lookup->tick) {
    entry->address = lookup->address;
    entry->tick = lookup->tick;
    return 1;
  }
  if (entry->address != lookup->address) return 0;
  lookup->first = false;
  return 1;
}

/* Whether this tick visits `address` for the first time. Not static, like the loops below: the verifier then checks
 * each once and not once a call. */
__noinline int is_first_visit(u64 address, u64 tick) {
  struct visit_lookup lookup = {address, tick, (address >> 6) * 2654435761U >> 8, true};
  bpf_loop(VISITED_PROBES, probe_visited, &lookup, 0);
  return lookup.first;
}

struct pages_walk {
  u64 counters;
  s64 pages;
};

static long add_cpu_pages(u32 cpu, struct pages_walk *walk) {
  u64 *offset = bpf_map_lookup_elem(&cpu_offset, &cpu);
  if (!offset) return 1;
  union {
    u64 words[2];
    s32 count[4];
  } part;
  read_words(part.words, walk->counters + *offset, hold_tasks);
  walk->pages += (s64)part.count[FILE_PAGES] + part.count[ANON_PAGES] + part.count[SHMEM_PAGES];
  return 0;
}

/* Pages that the per-CPU parts of the four counters, which lie side by side, hold together. */
__noinline u64 per_cpu_pages(u64 counters) {
  struct pages_walk walk = {.counters = counters};
  bpf_loop(cpus, add_cpu_pages, &walk, 0);
  return walk.pages;
}

/* Asked of a member, as looking for a type that may not exist needs more privileges (CAP_SYS_ADMIN,
 * to search the modules as well). */
static __always_inline bool rss_is_atomic(void) {
  struct mm_struct___before_6_2 *mm = NULL;
  return bpf_core_field_exists(mm->rss_stat.count);
}

static __always_inline bool rss_is_per_cpu(void) {
  struct mm_struct *mm = NULL;
  return bpf_core_field_exists(mm->rss_stat[0].counters);
}

/* Whether the counters of resident pages have one of the shapes known here. If not, user space
 * reads /proc for the processes with their numbers in group_pids. */
static __always_inline bool gauges_readable(void) {
  return !gauges_from_proc && (rss_is_atomic() || rss_is_per_cpu());
}

static __always_inline u64 resident_pages(struct mm_struct *mm, const bool direct) {
  s64 pages;
  if (rss_is_atomic()) {
    struct mm_struct___before_6_2 *old = (void *)mm;
    pages = READ(false, old, rss_stat.count[FILE_PAGES].counter) +
            READ(false, old, rss_stat.count[ANON_PAGES].counter) +
            READ(false, old, rss_stat.count[SHMEM_PAGES].counter);
  } else {
    pages = READ(direct, mm, rss_stat[FILE_PAGES].count) + READ(direct, mm, rss_stat[ANON_PAGES].count) +
            READ(direct, mm, rss_stat[SHMEM_PAGES].count) +
            (s64)per_cpu_pages(read_word(&mm->rss_stat[0].counters, hold_tasks));
  }
  return pages > 0 ? pages : 0;
}

/* 67 million descriptors. A length read from memory given up meanwhile may be any number; what it
 * leads to is thrown away, but must not take long. */
#define MAX_WORDS (1U << 20)

struct bitmap_walk {
  u64 words;
  u64 bits;
};

static long add_word_bits(u32 index, struct bitmap_walk *walk) {
  u64 *word = (void *)(walk->words + index * sizeof(u64));
  walk->bits += __builtin_popcountll(read_word(word, hold_tasks));
  return 0;
}

/* Bits set in a bitmap of `length` words in kernel memory. */
__noinline u32 count_bits(u64 words, u32 length) {
  if (length > MAX_WORDS) return 0;
  struct bitmap_walk walk = {.words = words};
  bpf_loop(length, add_word_bits, &walk, 0);
  return walk.bits;
}

static __always_inline u32 open_descriptors(struct files_struct *files, const bool direct) {
  struct fdtable *fdt = FOLLOW(direct, files, fdt);
  return count_bits(read_word(&fdt->open_fds, direct), READ(direct, fdt, max_fds) / 64);
}

#endif
