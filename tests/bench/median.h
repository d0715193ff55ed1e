// How long something takes: the median of many times.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "os/clock.h"

namespace rusage_bpf {

inline double median(std::vector<std::uint64_t> &values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return static_cast<double>(*middle);
}

template <typename Action>
double median_ns(int times, Action action) {
  std::vector<std::uint64_t> took_ns;
  for (int i = 0; i < times; i++) {
    const std::uint64_t start_ns = monotonic_ns();
    action();
    took_ns.push_back(monotonic_ns() - start_ns);
  }
  return median(took_ns);
}

}  // namespace rusage_bpf
