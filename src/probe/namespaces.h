// Whether this process is in the initial user or pid namespace.
#pragma once

#include <optional>

#include "probe/check.h"
#include "probe/roots.h"

namespace rusage_bpf {

enum class Namespace { user, pid };

// Whether it is the initial one. Nothing: not known.
std::optional<bool> in_initial_namespace(const Roots &roots, Namespace which);

Check pid_namespace_check(const Roots &roots);

}  // namespace rusage_bpf
