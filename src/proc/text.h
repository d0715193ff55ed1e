// Parsers for the files of /proc/PID; proc_pid_stat(5) and similar pages explain the fields. The parsers make no system
// calls and accept any text. They return nothing if the text has another form. A number that is too large for 64 bits
// becomes the largest.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace rusage_bpf::proc {

// /proc/PID/stat. Times are in clock ticks of sysconf(_SC_CLK_TCK).
struct Stat {
  std::string_view comm;  // part of the parsed text; may have any character, also `)` and line feeds
  char state = 0;
  pid_t parent = 0;
  std::uint64_t flags = 0;
  // Of the whole process with its exited threads. `reaped_`: of its reaped children, with what these have reaped.
  std::uint64_t minor_faults = 0;
  std::uint64_t reaped_minor_faults = 0;
  std::uint64_t major_faults = 0;
  std::uint64_t reaped_major_faults = 0;
  std::uint64_t user_ticks = 0;
  std::uint64_t system_ticks = 0;
  std::uint64_t reaped_user_ticks = 0;
  std::uint64_t reaped_system_ticks = 0;
  std::uint64_t threads = 0;
  std::uint64_t start_ticks = 0;  // since boot, with the time in suspend
  bool has_memory = false;        // false during an exit, when some files cannot be opened
  int exit_status = 0;            // as wait(2) reports it; 0 without permission to trace the process
  // Addresses in the memory of the process; 0 without permission to trace it.
  std::uint64_t environment_begin = 0;
  std::uint64_t environment_end = 0;
};
std::optional<Stat> parse_stat(std::string_view text);

// /proc/PID/io: of the whole process and its reaped children.
struct Io {
  std::uint64_t read_bytes = 0;
  std::uint64_t write_bytes = 0;
  std::uint64_t read_count = 0;
  std::uint64_t write_count = 0;
  std::uint64_t disk_read_bytes = 0;
  std::uint64_t disk_write_bytes = 0;
};
std::optional<Io> parse_io(std::string_view text);

// /proc/PID/statm, in pages.
struct Statm {
  std::uint64_t virtual_pages = 0;
  std::uint64_t resident_pages = 0;
};
std::optional<Statm> parse_statm(std::string_view text);

// /proc/PID/task/TID/status: a few of its lines.
struct Status {
  std::uint64_t voluntary_switches = 0;
  std::uint64_t involuntary_switches = 0;
  std::uint64_t peak_rss_bytes = 0;  // since the last exec; 0: the process has no memory
};
std::optional<Status> parse_status(std::string_view text);

// /proc/PID/task/TID/schedstat: the run delay in nanoseconds.
std::optional<std::uint64_t> parse_run_delay(std::string_view text);

// /proc/PID/task/TID/children, or cgroup.procs: appends the pids in the text. Returns how many are 0: the kernel writes
// that for processes in other pid namespaces.
std::uint64_t parse_pids(std::string_view text, std::vector<pid_t> &pids);

// /proc/loadavg: the newest pid of a process or thread, in the pid namespace of the reader.
std::optional<std::uint64_t> parse_newest_pid(std::string_view text);

// A file that is one number.
std::optional<std::uint64_t> parse_number(std::string_view text);

// A result that is too large for 64 bits becomes the largest.
std::uint64_t saturating_product(std::uint64_t a, std::uint64_t b);
std::uint64_t saturating_sum(std::uint64_t a, std::uint64_t b);

}  // namespace rusage_bpf::proc
