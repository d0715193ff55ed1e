// What is known about a whole recording, before its first row and after its last.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "model/commands.h"
#include "model/named.h"
#include "model/process.h"
#include "model/punctuality.h"
#include "model/totals.h"

namespace rusage_bpf {

// Known before the first row.
struct Recording {
  std::string version;
  std::string host;
  std::string kernel;
  unsigned cpus = 0;
  std::string boot_id;
  TargetName target;
  std::vector<std::string> argv;  // of the command or the attached process
  std::optional<int> root_pid;    // of an attached tree
  std::string cgroup;             // its path, if the target is a cgroup
  std::uint64_t interval_ns = 0;
  std::uint64_t start_realtime_ns = 0;
  std::string backend;                           // "bpf" or "proc"
  std::string backend_reason;                    // why BPF is not used; else empty
  std::string clock{};                           // "kernel" or "recorder": what takes the samples on time
  std::optional<bool> realtime_priority{};       // of the recorder
  std::array<std::string, column_count> origin;  // the source of each column's values
};

// The columns that the kernel itself reports for a reaped process and all its reaped descendants.
struct KernelTotal {
  Values value{};
  Known known;
  // The greatest peak of resident memory of one of these processes, or the recorder's peak when it forked the command.
  std::uint64_t peak_rss_bytes = 0;
};

// Why a recording ended, and what the kernel reported of the command.
struct Ended {
  EndedBy by;
  Exit exit;  // empty without a command, or if it is still running
  KernelTotal kernel;
};

// What the kernel's total of the command lacks: processes that were not reaped by the command or by a process that it
// reaped, and processes that are still live.
struct Unwaited {
  std::uint64_t processes = 0;
  std::uint64_t cpu_ns = 0;  // of these, and of the processes that they reaped
};

// The comparison with the kernel's totals, and the counts of what was lost.
struct Audit {
  KernelTotal kernel;
  std::optional<Unwaited> unwaited{};  // nothing: not known, or the kernel reported no total
  // Processes that the kernel's OOM killer has killed during the recording: in the cgroup, and on the whole machine.
  // Nothing: not known.
  std::optional<std::uint64_t> oom_kills{};
  std::optional<std::uint64_t> oom_kills_on_machine{};
  // Recorded processes that are known to have exited by SIGKILL, and the names of some of them.
  std::optional<std::uint64_t> sigkilled_processes{};
  std::vector<std::string> sigkilled_commands{};
  // The next ones are not known if the recorder was killed.
  std::optional<Losses> losses;
  std::optional<Punctuality> punctuality{};
  std::optional<std::uint64_t> events_lost;
  std::optional<std::uint64_t> unseen_tasks;
  std::optional<std::uint64_t> unlisted_tasks;  // tasks that are in the rows, but in no process record
  std::optional<std::uint64_t> unreadable_processes;
  std::optional<std::uint64_t> untraceable_tasks;
  std::optional<std::uint64_t> recorder_cpu_ns;  // with that of the kernel's clock,
  std::optional<std::uint64_t> clock_cpu_ns{};   // which is this
  std::optional<std::uint64_t> recorder_peak_rss_bytes;
  std::uint64_t rows_damaged = 0;  // in a recovery ring
  std::string ring_error{};        // why rows are missing in the recovery ring; else empty
};

// Known after the last row.
struct Outcome {
  std::uint64_t end_realtime_ns = 0;
  EndedBy ended_by;
  Exit exit;
  Totals totals;
  std::vector<Command> commands{};  // sorted by CPU time, the greatest first
  // A lower bound of the peak of resident memory, in bytes: the greatest of the rows' values and of the peaks of single
  // processes.
  std::optional<std::uint64_t> rss_at_least{};
  std::uint64_t processes_left_out = 0;  // records over the limit, which are only in `commands`
  Audit audit;
  bool recovered = false;              // the rows were read from a recovery ring
  bool goes_on = false;                // and the recorder is still recording
  std::uint64_t rows_overwritten = 0;  // rows that later rows replaced in the ring
};

// The CPU time of the rows, without that of unwaited processes, divided by the kernel's own total. Nothing if the
// kernel reported none, if rows are missing, or if the two are not about the same processes.
std::optional<double> accounted_cpu(const Outcome &outcome);

// Sets `rss_at_least` if a document does not have it, because it is from an earlier version or was cut. Then the peaks
// of commands are used only if the target is a command: others may be from before the recording.
void complete_peak(const Recording &recording, Outcome &outcome);

// See Outcome::rss_at_least.
std::optional<std::uint64_t> peak_rss_at_least(const Totals &totals, const std::vector<Command> &commands);

}  // namespace rusage_bpf
