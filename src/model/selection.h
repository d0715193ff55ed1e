// What is recorded, as one value: the target makes it, and the source is opened for it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "model/named.h"
#include "model/row.h"

namespace rusage_bpf {

namespace selected {

// A command that the recorder has started and holds before its first exec, and its descendants.
struct Command {
  pid_t pid = 0;
  pid_t parent = 0;  // the command and its orphans are its children, and no other process is; 0: the recorder
  std::vector<std::string> argv{};
};

// A process that runs already, its threads and all its living descendants.
struct Tree {
  pid_t pid = 0;
  std::vector<std::string> argv{};
  std::vector<pid_t> excluded{};  // processes that are not recorded, nor what they start
};

// All tasks in a cgroup (v2) and below it.
struct Cgroup {
  std::string path;
  std::uint64_t id = 0;           // the inode of its directory
  std::vector<pid_t> excluded{};  // as of a tree
};

}  // namespace selected

using Selection = std::variant<selected::Command, selected::Tree, selected::Cgroup>;

TargetKind kind_of(const Selection &selection);

// Where counting starts.
Baseline baseline_of(const Selection &selection);

}  // namespace rusage_bpf
