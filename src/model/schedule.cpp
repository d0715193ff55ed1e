#include "model/schedule.h"

#include <algorithm>

namespace rusage_bpf {

std::uint64_t Schedule::next_sample_ns(std::uint64_t now_ns) const {
  return std::min(due_ns_, now_ns + max_sample_gap_ns_);
}

std::uint32_t Schedule::samples_per_row() const {
  const std::uint64_t samples = (interval_ns_ + max_sample_gap_ns_ - 1) / max_sample_gap_ns_;
  return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(samples, 1, UINT32_MAX));
}

bool Schedule::take_row(std::uint64_t now_ns) {
  if (now_ns < due_ns_) return false;
  const std::uint64_t passed = (now_ns - due_ns_) / interval_ns_;
  missed_ += passed;
  due_ns_ += passed * interval_ns_;
  lateness_.add(now_ns - due_ns_);
  due_ns_ += interval_ns_;
  longest_gap_ns_ = std::max(longest_gap_ns_, now_ns - last_row_ns_);
  last_row_ns_ = now_ns;
  return true;
}

Punctuality Schedule::punctuality() const {
  return {.lateness_p50_ns = lateness_.percentile_ns(.5),
          .lateness_p99_ns = lateness_.percentile_ns(.99),
          .lateness_max_ns = lateness_.max_ns(),
          .longest_gap_ns = longest_gap_ns_};
}

}  // namespace rusage_bpf
