// Merges the rows of a recording into a bounded number of buckets, for drawing. If there are too many, neighbouring
// buckets merge. A bucket keeps the least and the greatest value of its rows, so no peak is lost.
#pragma once

#include <array>
#include <vector>

#include "model/row.h"

namespace rusage_bpf {

// A series for each column, and one for user and system together: its peak is not the sum of their peaks.
inline constexpr std::size_t cpu_series = column_count;
inline constexpr std::size_t series_count = column_count + 1;

// One series over one bucket, in the unit of the column. Counters are rates: the difference per second.
struct Spread {
  double sum = 0;  // counters: of the differences; gauges: of the values
  double least = 0;
  double greatest = 0;
  std::uint64_t known = 0;  // the number of rows in which it is known
};

struct Bucket {
  std::uint64_t begin_ns = 0;  // since the start of the recording
  std::uint64_t end_ns = 0;
  std::uint64_t steps = 0;
  std::array<Spread, series_count> series{};

  // A counter's rate over the whole bucket, or a gauge's mean over its rows. Unknown if no row has it, or if it is a
  // rate and the bucket has no length.
  [[nodiscard]] bool known(std::size_t series_index) const;
  [[nodiscard]] double mean(std::size_t series_index) const;
};

class Buckets {
 public:
  // `max_buckets` is even.
  Buckets(std::uint64_t interval_ns, std::size_t max_buckets)
      : shortest_step_ns_(interval_ns / 2), max_buckets_(max_buckets) {}

  void add(const Row &row);
  // All rows so far, in order and without a gap.
  [[nodiscard]] std::vector<Bucket> list() const;
  // The number of steps in each bucket except the last.
  [[nodiscard]] std::uint64_t steps_each() const { return steps_each_; }

 private:
  void close_step();

  // A step is a row. A row that is much shorter than the interval, such as the last one, could have a very high rate,
  // so it is added to its neighbour.
  std::uint64_t shortest_step_ns_;
  std::size_t max_buckets_;
  std::uint64_t steps_each_ = 1;
  std::vector<Bucket> full_;  // all steps except the last
  Bucket last_step_;          // separate, because a short last row is added to it
  Bucket open_;               // rows that are too short for a step so far
};

}  // namespace rusage_bpf
