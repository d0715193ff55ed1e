// A process record: what one process was and used, from its fork or an exec to its exit or the next exec (a span).
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

// What is executed.
struct Image {
  std::optional<std::string> command;  // the executable's name, without its folder
  std::vector<std::string> argv;

  bool operator==(const Image &) const = default;
};

// The part of a path after its last slash.
std::string base_name(const std::string &path);

// The arguments that stand one after the other in `text`, each with a 0 at its end; where the text was cut, the
// last one has none.
std::vector<std::string> split_arguments(std::string_view text);

// Those of a process that runs, which may have written a title over them: of the rest of that room nothing is left but
// zeros, so that arguments at the end that are empty are none.
std::vector<std::string> running_arguments(std::string_view text);

struct Process {
  int pid = 0;
  int ppid = 0;
  std::shared_ptr<const Image> image;  // never null; shared with its forks
  std::int64_t start_ns = 0;           // since the recording began; negative for what ran before
  std::optional<std::int64_t> end_ns;  // nothing while it lives
  Exit exit;                           // empty for one that lives, goes on as another span or elsewhere
  bool forked_only = false;            // a copy of its parent that later executed something
  Values value{};                      // of each counter, its own part of the recording's totals
  Known known;
  std::optional<std::uint64_t> peak_rss;
  // The peak may have been before the recording, or before the process came to the cgroup.
  bool peak_rss_predates = false;
  // The part of its CPU time that reaped children used, where polling /proc cannot separate them. Nothing: not known.
  std::optional<std::uint64_t> children_cpu_ns{};
  std::shared_ptr<WaitAccount> account;  // null where the kernel reports no total to compare with
};

}  // namespace rusage_bpf
