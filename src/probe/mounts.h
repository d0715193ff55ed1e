// The mounts of /proc and of cgroups.
#pragma once

#include "probe/check.h"
#include "probe/privileges.h"
#include "probe/roots.h"

namespace rusage_bpf {

// /proc itself: its pid namespace, and which processes it shows.
Check proc_check(const Roots &roots, const Privileges &privileges, const Executable &executable);

// What --cgroup needs.
Check cgroup_check(const Roots &roots);

}  // namespace rusage_bpf
