// When samples and rows are due. Rows are due at start + n * interval, so that they do not drift. A deadline that
// passes while the recorder is busy is missed: it is counted, and its row is left out.
#pragma once

#include <cstdint>

#include "model/punctuality.h"

namespace rusage_bpf {

class Schedule {
 public:
  // `max_sample_gap_ns` is the longest time between two samples.
  Schedule(std::uint64_t start_ns, std::uint64_t interval_ns, std::uint64_t max_sample_gap_ns)
      : interval_ns_(interval_ns),
        max_sample_gap_ns_(max_sample_gap_ns),
        due_ns_(start_ns + interval_ns),
        last_row_ns_(start_ns) {}

  // When the next row is due.
  [[nodiscard]] std::uint64_t due_ns() const { return due_ns_; }

  // When the next sample is due, for a row or because of the source's maximum gap.
  [[nodiscard]] std::uint64_t next_sample_ns(std::uint64_t now_ns) const;

  // How many samples there are in an interval, evenly, so that none is later than the maximum gap allows.
  [[nodiscard]] std::uint32_t samples_per_row() const;

  // Whether a row is due at `now_ns`. If so, the next row is due at the first deadline after it.
  bool take_row(std::uint64_t now_ns);

  [[nodiscard]] std::uint64_t missed() const { return missed_; }
  [[nodiscard]] Punctuality punctuality() const;

 private:
  std::uint64_t interval_ns_;
  std::uint64_t max_sample_gap_ns_;
  std::uint64_t due_ns_;
  std::uint64_t last_row_ns_;
  std::uint64_t missed_ = 0;
  std::uint64_t longest_gap_ns_ = 0;
  LatenessHistogram lateness_;
};

}  // namespace rusage_bpf
