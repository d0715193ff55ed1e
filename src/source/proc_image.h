// What a process that runs already executes, by /proc.
#pragma once

#include <sys/types.h>

#include <memory>

#include "model/process.h"

namespace rusage_bpf {

// By its number, or by its directory in /proc. Without a name where the process is gone, and without arguments where it
// is a zombie.
std::shared_ptr<const Image> find_image(pid_t pid);
std::shared_ptr<const Image> image_in(int process);

}  // namespace rusage_bpf
