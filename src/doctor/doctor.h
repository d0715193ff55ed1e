// rusage-bpf doctor: what this machine allows, and how to allow more.
#pragma once

#include <string>
#include <vector>

#include "probe/check.h"

namespace rusage_bpf {

struct Diagnosis {
  std::string version;
  std::string kernel;  // release and machine
  bool as_root = false;
  std::vector<Check> bpf;
  std::vector<Check> proc;

  // Known from loading the recorder's own programs.
  [[nodiscard]] bool bpf_works() const { return first_that_stops(bpf) == nullptr; }
  [[nodiscard]] bool proc_works() const { return first_that_stops(proc) == nullptr; }
};

// Loads the recorder's programs a few times and removes them again.
Diagnosis diagnose(const std::string &version);

}  // namespace rusage_bpf
