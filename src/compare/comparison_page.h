// A comparison as a page: both recordings over each other, on one axis of time.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "compare/comparison.h"
#include "output/output.h"

namespace rusage_bpf {

// Of each recording. Fewer than on the page of one: of two lines over each other, a reader compares the means, and the
// bands around them show the peaks.
inline constexpr std::size_t comparison_buckets = 200;

// Both sides have buckets. `failed` has a line for each limit that failed.
Result<void> write_comparison_page(Output &file, const Comparison &comparison, const std::vector<std::string> &failed);

}  // namespace rusage_bpf
