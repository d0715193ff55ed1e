// What this kernel was built with, and what its settings forbid.
#pragma once

#include "probe/check.h"
#include "probe/program.h"
#include "probe/roots.h"

namespace rusage_bpf {

// Whether the kernel has BTF, which is needed to load the programs (CO-RE).
Check types_check(const Roots &roots);

// `reads_kernel`: whether a program may read the kernel's memory, which lockdown may forbid.
Check lockdown_check(const Roots &roots, Answer reads_kernel);

Check unprivileged_check(const Roots &roots);

// Counters that a kernel can be built without. Then BPF programs that read them are refused, and with /proc their
// columns are null. `without` is the state of the check in that case.
Check io_accounting_check(const Roots &roots, Check::State without);
Check schedstat_check(const Roots &roots, Check::State without);

}  // namespace rusage_bpf
