// Whether two paths lead to the same file.
#pragma once

#include <string>

namespace rusage_bpf {

// Also by links, hard links, other paths to the directory, or /dev/fd, and for files that do not exist yet.
bool is_same_file(const std::string &a, const std::string &b);

}  // namespace rusage_bpf
