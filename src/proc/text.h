// What the files of /proc/PID say (proc_pid_stat(5) and its like). No system call here: any text can be given to these,
// and what is not of the expected form is nothing. A number too large for 64 bits is the largest.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace rusage_bpf::proc {

// /proc/PID/stat. Times are in clock ticks of sysconf(_SC_CLK_TCK).
struct Stat {
  std::string_view comm;  // of the text that was given; may hold anything, `)` and line feeds included
  char state = 0;
  pid_t parent = 0;
  std::uint64_t flags = 0;
  // Of the whole process, threads that are over included; and of those it has waited for, with all of theirs.
  std::uint64_t minor_faults = 0;
  std::uint64_t reaped_minor_faults = 0;
  std::uint64_t major_faults = 0;
  std::uint64_t reaped_major_faults = 0;
  std::uint64_t user_ticks = 0;
  std::uint64_t system_ticks = 0;
  std::uint64_t reaped_user_ticks = 0;
  std::uint64_t reaped_system_ticks = 0;
  std::uint64_t threads = 0;
  std::uint64_t start_ticks = 0;  // since boot, on the clock that goes on in suspend
  bool has_memory = false;        // none at a process's exit, when some files cannot be opened
  int exit_status = 0;            // as wait reports it; 0 without the right to trace the process
  // Addresses in its own memory; 0 without the right to trace it.
  std::uint64_t environment_begin = 0;
  std::uint64_t environment_end = 0;
};
std::optional<Stat> parse_stat(std::string_view text);

// /proc/PID/io: of the whole process and of those it has waited for.
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

// /proc/PID/task/TID/status, of which we want the end.
struct Status {
  std::uint64_t voluntary_switches = 0;
  std::uint64_t involuntary_switches = 0;
  std::uint64_t peak_rss_bytes = 0;  // of what the process executes now; 0: it has no memory
};
std::optional<Status> parse_status(std::string_view text);

// /proc/PID/task/TID/schedstat: how long the thread was ready to run and had to wait, in nanoseconds.
std::optional<std::uint64_t> parse_run_delay(std::string_view text);

// /proc/PID/task/TID/children, or cgroup.procs: adds the process numbers in the text. Gives how many are 0, as those of
// processes in other pid namespaces are.
std::uint64_t parse_pids(std::string_view text, std::vector<pid_t> &pids);

// /proc/loadavg: the number that was given last, to a process or a thread, in our own pid namespace.
std::optional<std::uint64_t> parse_newest_pid(std::string_view text);

// A file that is one number.
std::optional<std::uint64_t> parse_number(std::string_view text);

// What is more than 64 bits hold is as much as these hold.
std::uint64_t saturating_product(std::uint64_t a, std::uint64_t b);
std::uint64_t saturating_sum(std::uint64_t a, std::uint64_t b);

}  // namespace rusage_bpf::proc
