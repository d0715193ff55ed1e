// Whether a file is in use: a lock that belongs to an open file, and goes with the last descriptor of it, however its
// process ends.
#pragma once

#include <string>

#include "os/error.h"

namespace rusage_bpf {

// Fails where another open file has it.
Result<void> lock(int fd, const std::string &path);
bool is_locked(int fd);
// For as long as this file is open, no other gets the lock; false where one has it already. Reading is enough for that.
bool prevent_lock(int fd);
// While this file is open, no recorder can start to use it; false if one already does.
bool lock_against_recorders(int fd);

}  // namespace rusage_bpf
