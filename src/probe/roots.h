// Where the kernel's files about itself are; elsewhere in tests, which show other machines.
#pragma once

#include <string>

namespace rusage_bpf {

struct Roots {
  std::string proc = "/proc";
  std::string sys = "/sys";
};

}  // namespace rusage_bpf
