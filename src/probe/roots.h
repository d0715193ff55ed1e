// The roots of /proc and /sys. Tests use other directories.
#pragma once

#include <string>

namespace rusage_bpf {

struct Roots {
  std::string proc = "/proc";
  std::string sys = "/sys";
};

}  // namespace rusage_bpf
