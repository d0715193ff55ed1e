// How long something takes: the median of many times.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "os/clock.h"

namespace rusage_bpf {

template <typename Action>
double median_ns(int times, Action action) {
  std::vector<std::uint64_t> took_ns;
  for (int i = 0; i < times; i++) {
    const std::uint64_t start_ns = monotonic_ns();
    action();
    took_ns.push_back(monotonic_ns() - start_ns);
  }
  std::nth_element(took_ns.begin(), took_ns.begin() + times / 2, took_ns.end());
  return static_cast<double>(took_ns[static_cast<std::size_t>(times) / 2]);
}

}  // namespace rusage_bpf
