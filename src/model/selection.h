// What a source records. A target makes it.
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

// A command, which waits for its first exec, and its descendants.
struct Command {
  pid_t pid = 0;
  pid_t parent = 0;  // the keeper, which has no other children than the command and its orphans; 0: the recorder
  std::vector<std::string> argv{};
};

// A running process, its threads and its live descendants.
struct Tree {
  pid_t pid = 0;
  std::vector<std::string> argv{};
  std::vector<pid_t> excluded{};  // processes that are not recorded, nor their descendants
};

// All tasks in a cgroup (v2) and below it.
struct Cgroup {
  std::string path;
  std::uint64_t id = 0;           // the inode number of its directory
  std::vector<pid_t> excluded{};  // as for a tree
};

}  // namespace selected

using Selection = std::variant<selected::Command, selected::Tree, selected::Cgroup>;

TargetKind kind_of(const Selection &selection);

Baseline baseline_of(const Selection &selection);

}  // namespace rusage_bpf
