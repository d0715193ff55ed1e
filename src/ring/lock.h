// Whether a ring is being recorded to: a lock that the recorder's open file holds, and that ends with
// the recorder however that ends.
#pragma once

#include <string>

#include "os/error.h"

namespace rusage_bpf {

Result<void> lock(int fd, const std::string &path);
bool is_locked(int fd);

}  // namespace rusage_bpf
