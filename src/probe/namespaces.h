// Whether this process lives in a part of the machine that has its own users or process numbers.
#pragma once

#include <optional>

#include "probe/check.h"
#include "probe/roots.h"

namespace rusage_bpf {

enum class Namespace { user, pid };

// Whether it is the one that the machine began with; nothing where that is not to be seen.
std::optional<bool> in_first_namespace(const Roots &roots, Namespace which);

Check pid_namespace_check(const Roots &roots);

}  // namespace rusage_bpf
