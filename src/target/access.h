// Which processes the user may trace: ptrace_may_access in the kernel.
#pragma once

#include <sys/types.h>

#include "os/error.h"

namespace rusage_bpf {

// Fails if the user may not trace the process. Root may trace every process. Others may trace processes that have their
// real, effective and saved ids, are dumpable, and have no more capabilities than they have.
Result<void> check_may_trace(pid_t pid);

// Whether the user may trace every process.
bool may_trace_all();

}  // namespace rusage_bpf
