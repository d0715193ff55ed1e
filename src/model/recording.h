// What is known of a recording as a whole: before it starts, and when it is over.
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
  std::vector<std::string> argv;  // of the command or the process
  std::optional<int> root_pid;    // of a tree
  std::string cgroup;             // its path, where that is the target
  std::uint64_t interval_ns = 0;
  std::uint64_t start_realtime_ns = 0;
  std::string backend;                           // "bpf" or "proc"
  std::string backend_reason;                    // why it is that, where it is not the best there is; else empty
  std::array<std::string, column_count> origin;  // where each column's figures come from
};

// The columns that the kernel itself reports for a reaped process and all its reaped descendants.
struct KernelTotal {
  Values value{};
  Known known;
  // The greatest peak of resident memory of one of these, or of the recorder when it forked the command.
  std::uint64_t peak_rss_bytes = 0;
};

// Why a recording ended, and what is known then of the command that it was about.
struct Ended {
  EndedBy by;
  Exit exit;  // empty where there was no command, or it lives on
  KernelTotal kernel;
};

// What the kernel's total of the command lacks: processes that the command, and those that it waited for, have not
// waited for, or that live on.
struct Unwaited {
  std::uint64_t processes = 0;
  std::uint64_t cpu_ns = 0;  // of these, and of those that they have waited for
};

// What makes the figures trustworthy, or says why they are not.
struct Audit {
  KernelTotal kernel;
  std::optional<Unwaited> unwaited{};  // nothing: not known, or the kernel reported no total
  // Processes that the kernel has killed meanwhile as memory was short: of the cgroup, and on the whole machine.
  // Nothing: not known.
  std::optional<std::uint64_t> oom_kills{};
  std::optional<std::uint64_t> oom_kills_on_machine{};
  // Of what was recorded, how many processes are known to have ended by SIGKILL, and some of what these had executed.
  std::optional<std::uint64_t> sigkilled_processes{};
  std::vector<std::string> sigkilled_commands{};
  // Unknown where the recorder did not live to tell.
  std::optional<Losses> losses;
  std::optional<Punctuality> punctuality{};
  std::optional<std::uint64_t> events_lost;
  std::optional<std::uint64_t> unseen_tasks;
  std::optional<std::uint64_t> unlisted_tasks;  // in the rows, and in no process's figures
  std::optional<std::uint64_t> unreadable_processes;
  std::optional<std::uint64_t> untraceable_tasks;
  std::optional<std::uint64_t> recorder_cpu_ns;
  std::optional<std::uint64_t> recorder_peak_rss_bytes;
  std::uint64_t rows_damaged = 0;  // in a recovery ring
  std::string ring_error{};        // why rows were in no recovery ring; empty where all of them were
};

// Known after the last row.
struct Outcome {
  std::uint64_t end_realtime_ns = 0;
  EndedBy ended_by;
  Exit exit;
  Totals totals;
  std::vector<Command> commands{};  // the one that used most CPU first
  // What was resident at one moment at least, in bytes: the greatest of the rows' figures and of single processes'
  // peaks.
  std::optional<std::uint64_t> rss_at_least{};
  std::uint64_t processes_left_out = 0;  // spans past the limit, which `commands` alone hold
  Audit audit;
  bool recovered = false;              // the rows come out of a recovery ring
  bool goes_on = false;                // and the recorder is at the next
  std::uint64_t rows_overwritten = 0;  // there, by later ones
};

// CPU time of the rows, less that of what was not waited for, over the kernel's own total; nothing where the kernel
// reported none, not all rows are at hand, or the two hold different things that cannot be separated.
std::optional<double> accounted_cpu(const Outcome &outcome);

// Sets what a document that was read, of an earlier build or cut short, does not say of the peak. Commands' peaks of
// what ran before an earlier build recorded it may be of that time.
void complete_peak(const Recording &recording, Outcome &outcome);

// The peak by rows and by single processes: see rss_at_least.
std::optional<std::uint64_t> peak_rss_at_least(const Totals &totals, const std::vector<Command> &commands);

}  // namespace rusage_bpf
