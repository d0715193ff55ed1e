// Whether two paths mean one file, however they are spelled.
#pragma once

#include <string>

namespace rusage_bpf {

// By links, hard links, other ways to the same directory, /dev/fd; also where there is no such file yet.
bool is_same_file(const std::string &a, const std::string &b);

}  // namespace rusage_bpf
