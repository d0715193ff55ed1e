// What the user asked for, as a plain struct.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "os/error.h"
#include "ring/options.h"

namespace rusage_bpf {

struct Options {
  std::uint64_t interval_ns = 100'000'000;
  std::vector<std::string> outputs;  // none: one of a default name
  bool csv_meta = false;             // what is known of the recording stands in front of CSV
  std::optional<std::string> user;   // to run the command as; nothing: the recorder's user
  bool quiet = false;
  std::optional<bool> progress;  // a live line; nothing: if no other process writes to the terminal
  RingOptions ring;
  std::uint64_t max_processes = 100'000;  // in the outputs; the rest is kept by command alone
  // For tests: what other kernels need.
  bool count_at_last_switch = false;
  bool gauges_from_proc = false;

  // What is recorded: one of the three.
  std::vector<std::string> command;
  std::optional<pid_t> pid;
  std::string cgroup;  // a path
  [[nodiscard]] bool attach() const { return command.empty(); }

  // Where the figures come from; the best there is, unless one is asked for.
  enum class Backend { best, bpf, proc };
  Backend backend = Backend::best;

  std::optional<std::uint64_t> duration_ns;
  bool until_tree = false;         // with a command: until its last descendant ends
  bool stop_on_eof = false;        // of standard input
  std::optional<pid_t> stop_with;  // a process; with its exit

  // Set where something is to be printed instead of recorded: help or version.
  std::string print;
};

Result<Options> parse_options(Arguments arguments);

}  // namespace rusage_bpf
