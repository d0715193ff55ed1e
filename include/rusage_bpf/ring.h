/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The recovery ring: one file of fixed size that holds the newest rows of a recording, so that they outlive the
 * recorder. It is mapped into the recorder's memory; a row is stored there before it goes anywhere else.
 *
 * What is promised, for each row whose seal was written ("finished"):
 *
 * SIGKILL of the recorder, of what is recorded, of a reader, or of all of them: the row is there. The pages are the
 * kernel's, not the process's. A power cut or a crash of the kernel: the row is there if its page had reached the disk,
 * which takes the kernel up to half a minute, or with --ring-sync at once. Rows that did not are missing; none is
 * wrong. Wrapping round: the newest `slots - 1` rows are there. Storing a row takes the place of the oldest of `slots`,
 * so even an unfinished one costs none of those. A row that was not finished, or whose bytes have changed since, is
 * never taken for one. A full disk: all of the file is allocated before the recording begins. A file that somebody cuts
 * short or removes: the recording goes on without it, and says so.
 *
 * How many rows: --ring-rows, or those of an hour, in 4 to 64 MiB, or half of that again and again where no place has
 * room.
 *
 * Whoever records holds a lock on the whole file (F_OFD_SETLK, F_WRLCK); only a file that can be locked is removed or
 * replaced. Before it is complete the file has no name, or, where the file system cannot do that, one that begins with
 * a dot and ends in .partial.
 *
 * The file, in the byte order and with the sizes of the machine that wrote it:
 *
 * header_bytes   struct rusage_ring_header, then the description, zeros to the end of a page ending_bytes   struct
 * rusage_ring_ending: zeros while the recording goes on slots * slot_bytes, zeros to the end of a page struct
 * rusage_ring_row each: row number N stands in slot N % slots header_bytes   the header and the description once more,
 * for when the first is damaged
 *
 * The description is what an output says before the first row, the ending what it says after the last, both as JSON
 * (src/document/document.h); the description's `outputs` are the absolute paths of the recorder's files. A row is also
 * no row where its number is beyond 2^48, a figure beyond 2^63, its end not behind the row before, or a sum of a
 * counter beyond 2^63. Checksums are XXH3 with 64 bits and never 0: 0 becomes 1.
 */
#ifndef RUSAGE_BPF_RING_H
#define RUSAGE_BPF_RING_H

#include <linux/types.h>

#define RUSAGE_RING_MAGIC "rusgring"
/* Changes with the structures here; columns may come and go without it, as the description names
 * those of the file. */
#define RUSAGE_RING_VERSION 1
#define RUSAGE_RING_BYTE_ORDER 0x01020304
#define RUSAGE_RING_PAGE_BYTES 4096
#define RUSAGE_RING_MOST_COLUMNS 64

struct rusage_ring_header {
  char magic[8];
  __u32 version;
  __u32 byte_order;
  __u64 checksum; /* of what follows in the header, and of the description */
  __u64 header_bytes;
  __u64 ending_bytes;
  __u64 slots;
  __u64 slot_bytes;
  __u64 columns;
  __u64 description_bytes;
};

struct rusage_ring_ending {
  __u64 seal; /* checksum of `bytes` and the text; 0: the recording goes on, or was cut short */
  __u64 bytes;
  /* The text. */
};

struct rusage_ring_row {
  __u64 seal; /* checksum of what follows; 0: never written, or being written. Written last. */
  __u64 number;
  __u64 realtime_ns;
  __u64 known;           /* bit N: column N is known */
  __u64 untracked_tasks; /* so far */
  __u64 ticks_missed;    /* so far */
  /* A __u64 for each column, in the description's order less `timestamp`. */
};

#endif
