// A comparison as a page: both recordings over each other, on one axis of time.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "compare/comparison.h"
#include "output/output.h"

namespace rusage_bpf {

// Of each of the two. Fewer than a page has of one recording: where two lines lie over each other, an
// eye compares their means, and finds the peaks in the bands around them.
inline constexpr std::size_t comparison_buckets = 200;

// Both sides have buckets. `failed` are the limits that are broken, a line each.
Result<void> write_comparison_page(Output &file, const Comparison &comparison, const std::vector<std::string> &failed);

}  // namespace rusage_bpf
