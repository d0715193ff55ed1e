// What a process that runs already executes, by /proc.
#pragma once

#include <sys/types.h>

#include <memory>

#include "model/process.h"

namespace rusage_bpf {

// Without a name where the process is gone.
std::shared_ptr<const Image> find_image(pid_t pid);

}  // namespace rusage_bpf
