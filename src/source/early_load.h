// Loading the BPF programs while something else is done.
#pragma once

#include <future>

#include "model/selection.h"
#include "source/load_kernel.h"

namespace rusage_bpf {

// A thread that loads the programs. Its end is waited for at the end of the object.
class EarlyLoad {
 public:
  EarlyLoad() = default;  // loads nothing
  // Begins to load them for a selection of this kind, whose processes need not be known yet; a cgroup must be. Where no
  // thread can be had, nothing is loaded.
  static EarlyLoad begin(const Selection &selection, const BpfOptions &way);

  // Waits for the programs. Null where they were not loaded: load_kernel then says why.
  Kernel take() { return kernel_.valid() ? kernel_.get() : nullptr; }

 private:
  std::future<Kernel> kernel_;
};

}  // namespace rusage_bpf
