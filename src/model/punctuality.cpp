#include "model/punctuality.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace rusage_bpf {

// Values below 2^bits have a bucket each; above, each power of two has 2^bits of them.
std::size_t LatenessHistogram::bucket_of(std::uint64_t value) {
  const auto width = static_cast<unsigned>(std::bit_width(value));
  if (width <= bits) return value;
  const unsigned shift = width - bits - 1;
  return (static_cast<std::size_t>(shift) << bits) + (value >> shift);
}

std::uint64_t LatenessHistogram::upper_end_of(std::size_t bucket) {
  if (bucket < (std::size_t{2} << bits)) return bucket;
  const std::size_t shift = (bucket >> bits) - 1;
  const std::uint64_t first = (bucket & ((1U << bits) - 1)) | (1U << bits);
  return ((first + 1) << shift) - 1;
}

void LatenessHistogram::add(std::uint64_t lateness_ns) {
  counts_[bucket_of(lateness_ns)]++;
  count_++;
  max_ns_ = std::max(max_ns_, lateness_ns);
}

std::uint64_t LatenessHistogram::percentile_ns(double share) const {
  const auto rank = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
  std::uint64_t so_far = 0;
  for (std::size_t bucket = 0; bucket < counts_.size(); bucket++) {
    so_far += counts_[bucket];
    if (so_far > 0 && so_far >= rank) return std::min(upper_end_of(bucket), max_ns_);
  }
  return 0;
}

}  // namespace rusage_bpf
