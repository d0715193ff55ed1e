// A process record: what one process was and used, from its fork or an exec to its next exec or its exit.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/column.h"
#include "model/wait_account.h"

namespace rusage_bpf {

// How a process ended: one of the two is set.
struct Exit {
  std::optional<int> code;
  std::optional<int> signal;
};

// The exit that wait reports as `status`.
Exit exit_of_status(int status);

// What a process executes.
struct Image {
  std::optional<std::string> command;  // the name of the executable, without its folder
  std::vector<std::string> argv;

  bool operator==(const Image &) const = default;
};

// The part of a path after its last slash.
std::string base_name(const std::string &path);

// The arguments in `text`. Each ends in a 0, except the last one if the text was cut.
std::vector<std::string> split_arguments(std::string_view text);

// The same for /proc/PID/cmdline. A process may write a title over its arguments and fill the rest with zeros, so empty
// arguments at the end are dropped.
std::vector<std::string> running_arguments(std::string_view text);

struct Process {
  int pid = 0;
  int ppid = 0;
  std::shared_ptr<const Image> image;  // never null; shared with its forks
  std::int64_t start_ns = 0;           // since the start of the recording; negative if it was running before
  std::optional<std::int64_t> end_ns;  // nothing if the process is live
  Exit exit;                           // empty if the process is live, executed something else or moved out
  bool forked_only = false;            // from a fork to the first exec: a copy of the parent
  Values value{};                      // its part of the recording's total of each counter
  Known known;
  std::optional<std::uint64_t> peak_rss;
  // The peak may be from before the recording, or from before the process joined the cgroup.
  bool peak_rss_predates = false;
  // The part of its CPU time that reaped children used, if polling /proc cannot separate them. Nothing: not known.
  std::optional<std::uint64_t> children_cpu_ns{};
  std::shared_ptr<WaitAccount> account;  // null if the kernel reports no total to compare with
};

}  // namespace rusage_bpf
