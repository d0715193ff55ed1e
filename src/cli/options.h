// The options of a recording.
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
  std::vector<std::string> outputs;  // none: one with a default name
  bool csv_meta = false;             // CSV starts with the description of the recording
  std::optional<std::string> user;   // of the command; nothing: the recorder's user
  bool quiet = false;
  std::optional<bool> progress;  // the live line; nothing: if no other process writes to the terminal
  RingOptions ring;
  std::uint64_t max_processes = 100'000;  // records in the outputs; the rest is only in the commands
  // For tests: what other kernels need.
  bool count_at_last_switch = false;
  bool gauges_from_proc = false;
  bool recorder_clock = false;

  // What is recorded: one of these three.
  std::vector<std::string> command;
  std::optional<pid_t> pid;
  std::string cgroup;  // a path
  [[nodiscard]] bool attach() const { return command.empty(); }

  // The source. `best`: BPF if that works, else /proc.
  enum class Backend { best, bpf, proc };
  Backend backend = Backend::best;

  std::optional<std::uint64_t> duration_ns;
  bool until_tree = false;         // with a command: until its last descendant exits
  bool stop_on_eof = false;        // at the end of standard input
  std::optional<pid_t> stop_with;  // at the exit of this process

  // Set if only this is to be printed: help or version.
  std::string print;
};

Result<Options> parse_options(Arguments arguments);

}  // namespace rusage_bpf
