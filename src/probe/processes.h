// Which processes can be read through /proc.
#pragma once

#include "probe/check.h"
#include "probe/privileges.h"
#include "probe/roots.h"

namespace rusage_bpf {

enum class Readable { all, own, no_others };

// Tries to read a process of another user.
Readable try_others(const Roots &roots, uid_t own);

Check others_check(Readable readable, const Privileges &privileges, const Executable &executable);

}  // namespace rusage_bpf
