// A recording of any length in a bounded number of buckets, for those who draw it. Where there are
// too many, neighbours merge, and each keeps the least and the greatest of what it covers: no peak is
// ever lost, only the instant inside the bucket.
#pragma once

#include <array>
#include <vector>

#include "model/row.h"

namespace rusage_bpf {

// What is drawn: each column, and user and system together, whose peak is not the sum of theirs.
inline constexpr std::size_t cpu_series = column_count;
inline constexpr std::size_t series_count = column_count + 1;

// One series over one bucket, in the column's own unit: seconds, where it is held in nanoseconds.
// Counters are rates: a second's worth.
struct Spread {
  double sum = 0;  // counters: of the differences; gauges: of the values
  double least = 0;
  double greatest = 0;
  std::uint64_t known = 0;  // in how many rows
};

struct Bucket {
  std::uint64_t begin_ns = 0;  // since the recording began
  std::uint64_t end_ns = 0;
  std::uint64_t steps = 0;
  std::array<Spread, series_count> series{};

  // A counter's rate over the whole bucket, a gauge's mean over its rows. What is in no row is
  // unknown, and so is a rate over no time.
  [[nodiscard]] bool known(std::size_t series_index) const;
  [[nodiscard]] double mean(std::size_t series_index) const;
};

class Buckets {
 public:
  // `most` is even.
  Buckets(std::uint64_t interval_ns, std::size_t most) : shortest_step_ns_(interval_ns / 2), most_(most) {}

  void add(const Row &row);
  // All rows so far, in their order and without a gap.
  [[nodiscard]] std::vector<Bucket> list() const;
  // How many steps a bucket holds, but for the last one.
  [[nodiscard]] std::uint64_t steps_each() const { return steps_each_; }

 private:
  void close_step();

  // A step is a row. One that is much shorter than the interval, as the last one may be, would make
  // a peak of next to nothing: it joins its neighbour.
  std::uint64_t shortest_step_ns_;
  std::size_t most_;
  std::uint64_t steps_each_ = 1;
  std::vector<Bucket> full_;  // but for the last
  Bucket last_step_;          // kept apart, as a short row at the very end joins it
  Bucket open_;               // rows that are too short to be a step yet
};

}  // namespace rusage_bpf
