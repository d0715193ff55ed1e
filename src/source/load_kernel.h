// Has the kernel load the BPF programs, for one way of recording.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "model/selection.h"

struct kernel_side;  // the loaded programs: source/kernel_side.h

namespace rusage_bpf {

struct BpfOptions {
  // Live tasks, and tasks that exit from one sample to the next; fewer where there are not as many pids.
  std::uint32_t capacity = 131072;
  bool hold_tasks = true;         // false: exited tasks are read at their last context switch, as on old kernels
  bool gauges_from_proc = false;  // true: memory and descriptors are read from /proc, as on kernels not known to us
  // true: tasks that the recorder's user could not trace are not reported, only counted.
  bool checks_access = false;
  // How many samples of the kernel's clock wait for the recorder where that is late; 0: the recorder takes each sample.
  std::uint32_t sample_ring_length = 1024;
};

struct DestroyKernel {
  void operator()(::kernel_side *kernel) const;
};
using Kernel = std::unique_ptr<::kernel_side, DestroyKernel>;

// Null, with errno, where the kernel refuses it. The verifier writes to `log` why; it takes several times as long then.
Kernel load_kernel(const Selection &selection, const BpfOptions &way, std::span<char> log = {});

// Why the kernel refuses this way of recording, in one line, found by trying it; empty where it does not say, or does
// not refuse it.
std::string reason_against(const Selection &selection, const BpfOptions &way = {});

}  // namespace rusage_bpf
