// Whose processes can be looked into through /proc.
#pragma once

#include "probe/check.h"
#include "probe/privileges.h"
#include "probe/roots.h"

namespace rusage_bpf {

enum class Sight { all, own, no_others };

// Tries the first process of another user that there is.
Sight try_others(const Roots &roots, uid_t own);

Check others_check(Sight sight, const Privileges &privileges, const Executable &executable);

}  // namespace rusage_bpf
