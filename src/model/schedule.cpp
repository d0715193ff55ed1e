#include "model/schedule.h"

#include <algorithm>

namespace rusage_bpf {

std::uint64_t Schedule::next_sample_ns(std::uint64_t now_ns) const {
  return std::min(due_ns_, now_ns + max_sample_gap_ns_);
}

bool Schedule::take_row(std::uint64_t now_ns) {
  if (now_ns < due_ns_) return false;
  const std::uint64_t passed = (now_ns - due_ns_) / interval_ns_;
  missed_ += passed;
  due_ns_ += (passed + 1) * interval_ns_;
  return true;
}

}  // namespace rusage_bpf
