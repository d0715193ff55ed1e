// What is mounted where.
#pragma once

#include <string>
#include <vector>

namespace rusage_bpf::proc {

struct Mount {
  std::string directory;
  std::string type;
  std::string options;  // "name,name=value,..."
};

// As we see it, each after those that it covers. Nothing where `proc`, the directory, is not /proc.
std::vector<Mount> mounts(const std::string &proc = "/proc");

}  // namespace rusage_bpf::proc
