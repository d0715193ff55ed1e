// What stands above the recorder only to run it.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "os/ancestors.h"

namespace rusage_bpf {

// The recorder and the wrappers above it: sudo, doas, su, and whatever else was given our command line behind its own
// options, as timeout, nice, env and strace are. Whatever is recorded, they are not. `root` is what we attach to: it is
// no wrapper, nor is what is above it.
std::vector<pid_t> recorder_and_wrappers(std::optional<pid_t> root = std::nullopt);

// How many of the ancestors, the parent first, are wrappers of what has these arguments. `has_other_children` says
// whether one of them has a child that is not in our line.
std::size_t count_wrappers(const std::vector<Ancestor> &ancestors, const std::vector<std::string> &argv,
                           bool (*has_other_children)(const Ancestor &));

}  // namespace rusage_bpf
