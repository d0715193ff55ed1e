// Programs above the recorder that only run it.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "os/ancestors.h"

namespace rusage_bpf {

// The recorder and the wrappers above it: sudo, doas, su, and programs that got the recorder's command line after their
// own options, such as timeout, nice, env and strace. They are never recorded. `root` is the process to attach to: it
// and its ancestors are no wrappers.
std::vector<pid_t> recorder_and_wrappers(std::optional<pid_t> root = std::nullopt);

// How many of the ancestors, the parent first, are wrappers of a program with the arguments `argv`.
// `has_other_children`: whether an ancestor has children that are not among the ancestors.
std::size_t count_wrappers(const std::vector<Ancestor> &ancestors, const std::vector<std::string> &argv,
                           bool (*has_other_children)(const Ancestor &));

}  // namespace rusage_bpf
