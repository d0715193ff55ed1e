// Which processes the user may trace: ptrace_may_access in the kernel.
#pragma once

#include <sys/types.h>

#include "os/error.h"

namespace rusage_bpf {

// Whether the kernel lets this caller trace that process: root every one, others those with the
// same real, effective and saved ids, that are dumpable and have no capability more than the caller.
Result<void> may_look_into(pid_t pid);

// Whether the caller may trace every process.
bool may_look_into_all();

}  // namespace rusage_bpf
