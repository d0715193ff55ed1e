// What a running process executes, by /proc.
#pragma once

#include <sys/types.h>

#include <memory>

#include "model/process.h"

namespace rusage_bpf {

// Finds it by pid, or by the open directory of the process in /proc. A process that is gone has no name, and a zombie
// has no arguments.
std::shared_ptr<const Image> find_image(pid_t pid);
std::shared_ptr<const Image> image_in(int process);

}  // namespace rusage_bpf
