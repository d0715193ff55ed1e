// How punctual the rows of a recording are.
#pragma once

#include <array>
#include <cstdint>

namespace rusage_bpf {

// Of the rows at deadlines, all in nanoseconds.
struct Punctuality {
  std::uint64_t lateness_p50_ns = 0;  // from the deadline to the sample
  std::uint64_t lateness_p99_ns = 0;
  std::uint64_t lateness_max_ns = 0;
  std::uint64_t longest_gap_ns = 0;  // between the samples of two rows
};

// Counts lateness in buckets whose width is an eighth of their lower end at most, so that memory stays flat;
// percentiles are those of the bucket's upper end.
class LatenessHistogram {
 public:
  void add(std::uint64_t lateness_ns);

  // The least lateness that this share of all (0 to 1) does not exceed; 0 where there is none.
  [[nodiscard]] std::uint64_t percentile_ns(double share) const;
  [[nodiscard]] std::uint64_t max_ns() const { return max_ns_; }

 private:
  static constexpr unsigned bits = 3;  // of the value that tell buckets of one magnitude apart

  static std::size_t bucket_of(std::uint64_t value);
  static std::uint64_t upper_end_of(std::size_t bucket);

  std::array<std::uint64_t, (64 - bits + 1) << bits> counts_{};
  std::uint64_t count_ = 0;
  std::uint64_t max_ns_ = 0;
};

}  // namespace rusage_bpf
