// Whether a file is in use: a lock that belongs to an open file, and goes with the last descriptor of it, however its
// process ends.
#pragma once

#include <string>

#include "os/error.h"

namespace rusage_bpf {

// Fails where another open file has it.
Result<void> lock(int fd, const std::string &path);
bool is_locked(int fd);

}  // namespace rusage_bpf
