// The sum of each counter and the peak of each gauge over all rows.
#pragma once

#include "model/row.h"

namespace rusage_bpf {

class Totals {
 public:
  void add(const Row &row);

  // A counter's sum, or a gauge's peak.
  [[nodiscard]] std::uint64_t operator[](std::size_t column) const { return value_[column]; }
  // Whether the column is known in any row.
  [[nodiscard]] bool known(std::size_t column) const { return known_[column]; }
  // When a gauge had its peak first, in nanoseconds since the start of the recording.
  [[nodiscard]] std::uint64_t peak_elapsed_ns(std::size_t column) const { return peak_elapsed_ns_[column]; }

  [[nodiscard]] std::uint64_t rows() const { return rows_; }
  // The end of the last row, in nanoseconds since the start of the recording.
  [[nodiscard]] std::uint64_t elapsed_ns() const { return elapsed_ns_; }

 private:
  Values value_{};
  Values peak_elapsed_ns_{};
  Known known_;
  std::uint64_t rows_ = 0;
  std::uint64_t elapsed_ns_ = 0;
};

}  // namespace rusage_bpf
