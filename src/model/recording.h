// What is known of a recording as a whole: before it starts, and when it is over.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "model/commands.h"
#include "model/process.h"
#include "model/totals.h"

namespace rusage_bpf {

// Known before the first row.
struct Recording {
  std::string version;
  std::string host;
  std::string kernel;
  unsigned cpus = 0;
  std::string boot_id;
  std::string target;             // "command", "pid" or "cgroup"
  std::vector<std::string> argv;  // of the command or the process
  std::optional<int> root_pid;    // of a tree
  std::string cgroup;             // its path, where that is the target
  std::uint64_t interval_ns = 0;
  std::uint64_t start_realtime_ns = 0;
  std::string backend;         // "bpf" or "proc"
  std::string backend_reason;  // why it is that, where it is not the best there is; else empty
  std::array<std::string, column_count> origin;  // where each column's figures come from
};

// The columns that the kernel itself reports for a reaped process and all its reaped descendants.
struct KernelTotal {
  Values value{};
  Known known;
};

// Why a recording ended, and what is known then of the command that it was about.
struct Ended {
  std::string by;  // "command", "tree", "cgroup", "duration", "eof", "outputs", or a signal's name
  Exit exit;       // empty where there was no command, or it lives on
  KernelTotal kernel;
};

// What makes the figures trustworthy, or says why they are not.
struct Audit {
  KernelTotal kernel;
  // Unknown where the recorder did not live to tell.
  std::optional<Losses> losses;
  std::optional<std::uint64_t> events_lost;
  std::optional<std::uint64_t> unseen_tasks;
  std::optional<std::uint64_t> unlisted_tasks;  // in the rows, and in no process's figures
  std::optional<std::uint64_t> unreadable_processes;
  std::optional<std::uint64_t> untraceable_tasks;
  std::optional<std::uint64_t> recorder_cpu_ns;
  std::optional<std::uint64_t> recorder_peak_rss_bytes;
  std::uint64_t rows_damaged = 0;  // in a recovery ring
  std::string ring_error{};  // why rows were in no recovery ring; empty where all of them were
};

// Known after the last row.
struct Outcome {
  std::uint64_t end_realtime_ns = 0;
  std::string ended_by;  // empty where the recorder did not live to tell
  Exit exit;
  Totals totals;
  std::vector<Command> commands{};       // the one that used most CPU first
  std::uint64_t processes_left_out = 0;  // spans past the limit, which `commands` alone hold
  Audit audit;
  bool recovered = false;              // the rows come out of a recovery ring
  bool goes_on = false;                // and the recorder is at the next
  std::uint64_t rows_overwritten = 0;  // there, by later ones
};

// CPU time of the rows over the kernel's own total; nothing where the kernel reported none, or not
// all rows are at hand.
std::optional<double> accounted_cpu(const Outcome &outcome);

}  // namespace rusage_bpf
