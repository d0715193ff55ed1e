// What this kernel was built with, and what its settings forbid.
#pragma once

#include "probe/check.h"
#include "probe/program.h"
#include "probe/roots.h"

namespace rusage_bpf {

// Whether the kernel describes its types, which the programs are fitted to when they are loaded.
Check types_check(const Roots &roots);

// `reads_kernel` is whether a program may read the kernel's memory, which is what lockdown may forbid.
Check lockdown_check(const Roots &roots, Answer reads_kernel);

Check unprivileged_check(const Roots &roots);

// Counters that a kernel can be built without, and what that means: BPF programs that read them are refused, while out
// of /proc their columns are null.
Check io_accounting_check(const Roots &roots, Check::State without);
Check schedstat_check(const Roots &roots, Check::State without);

}  // namespace rusage_bpf
