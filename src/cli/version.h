// What `rusage-bpf --version` prints.
#pragma once

#include <string>

namespace rusage_bpf {

// Version, commit, architecture, and what it was built with.
std::string version_text();

}  // namespace rusage_bpf
