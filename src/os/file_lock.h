// A lock that shows that a file is in use. It belongs to the open file, and ends with the last descriptor of that,
// even if the process is killed.
#pragma once

#include <string>

#include "os/error.h"

namespace rusage_bpf {

// Fails if another open file has the lock.
Result<void> lock(int fd, const std::string &path);
bool is_locked(int fd);
// While this file is open, no other gets the lock. False if one has it already. The file may be open only for reading.
bool prevent_lock(int fd);

}  // namespace rusage_bpf
