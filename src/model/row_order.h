// What the rows of one recording must be to each other, whatever file they come from.
#pragma once

#include <cstdint>

#include "model/row.h"

namespace rusage_bpf {

// No figure and no sum of figures is greater: all of them fit into every signed and unsigned 64-bit
// number, and the sum of two of them does not wrap.
inline constexpr std::uint64_t greatest_figure = INT64_MAX;

class RowOrder {
 public:
  // Whether the row can follow those that were taken: its end lies behind theirs, and no sum of a
  // counter goes beyond `greatest_figure`. One that can is taken.
  bool take(const Row &row);

 private:
  bool begun_ = false;
  std::uint64_t elapsed_ns_ = 0;
  Values sum_{};
};

}  // namespace rusage_bpf
