// The mounted file systems.
#pragma once

#include <string>
#include <vector>

namespace rusage_bpf::proc {

struct Mount {
  std::string directory;
  std::string type;
  std::string options;  // "name,name=value,..."
};

// The mounts in the recorder's mount namespace. A mount comes after the ones that it hides. Empty if `proc` is no
// /proc.
std::vector<Mount> mounts(const std::string &proc = "/proc");

}  // namespace rusage_bpf::proc
