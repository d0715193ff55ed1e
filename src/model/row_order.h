// Checks that rows from a file can be the rows of one recording.
#pragma once

#include <cstdint>

#include "model/row.h"

namespace rusage_bpf {

// The greatest value of a column and of its sum. It fits into a signed 64-bit number, and the sum of two does not wrap.
inline constexpr std::uint64_t max_row_value = INT64_MAX;

class RowOrder {
 public:
  // Accepts the row if it ends after the accepted rows, and if no counter's sum becomes greater than `max_row_value`.
  bool accept(const Row &row);

 private:
  bool begun_ = false;
  std::uint64_t elapsed_ns_ = 0;
  Values sum_{};
};

}  // namespace rusage_bpf
