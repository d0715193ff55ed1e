// A row: what the target used since the row before, and its gauges at the end of the row.
#pragma once

#include <cstdint>

#include "model/snapshot.h"

namespace rusage_bpf {

// What is missing in the rows, from the start of the recording to the end of one row.
struct Losses {
  std::uint64_t untracked_tasks = 0;  // tasks that are in no row
  std::uint64_t ticks_missed = 0;     // rows that were left out; the next row has their usage
};

struct Row {
  std::uint64_t number = 0;       // 0 is the row at the start, with unknown counters
  std::uint64_t realtime_ns = 0;  // the end of the row, since 1970 (UTC)
  Values value{};                 // differences of counters, and gauges; elapsed: from the recording's start to the end
  Known known;
  Losses losses;
};

// When counting starts. A command counts from its fork, so the second row has what it used before its exec. A tree or
// cgroup counts from the first sample.
enum class Baseline { fork, first_sample };

// Makes rows from snapshots.
//
// A difference is never negative. The estimate of a running task's time, and the split of run time by ticks, may be
// less in one snapshot than in the one before. Then a row has 0, and the next rows have less, so that the sum over all
// rows is the value in the last snapshot.
class RowMaker {
 public:
  explicit RowMaker(Baseline baseline) : baseline_(baseline) {}

  void apply(const Snapshot &snapshot);

  // The row that ends at the last snapshot, which was taken at `realtime_ns`. `ticks_missed`: the number of deadlines
  // so far that passed without a row.
  Row next(std::uint64_t realtime_ns, std::uint64_t ticks_missed);

  // What each counter has counted since counting started: the sum of the rows, and what the next row will have.
  [[nodiscard]] Values counted() const;

  // When the recording started, on the clock of the snapshots.
  [[nodiscard]] std::uint64_t start_ns() const { return start_ns_; }

 private:
  void advance_counters(const Snapshot &snapshot);
  void advance_cpu(const Snapshot &snapshot);

  Baseline baseline_;
  std::uint64_t rows_ = 0;
  bool started_ = false;
  std::uint64_t start_ns_ = 0;
  Snapshot last_;
  Values baseline_values_{};  // counters when counting started
  Values latest_{};           // counters by the snapshots so far, which never decrease
  Values reported_{};         // the part of it that the rows have
};

}  // namespace rusage_bpf
