// A row: what the tree used since the row before, and its state at the row's end.
#pragma once

#include <cstdint>

#include "model/snapshot.h"

namespace rusage_bpf {

// What the rows lack, from the recording's beginning to the end of one of them.
struct Losses {
  std::uint64_t untracked_tasks = 0;  // nothing of them is in any row
  std::uint64_t ticks_missed = 0;     // a row covers several intervals
};

struct Row {
  std::uint64_t number = 0;       // 0 is the row at the start, with unknown counters
  std::uint64_t realtime_ns = 0;  // the row's end, since 1970 (UTC)
  Values value{};                 // counters: the difference to the row before; gauges as they are;
                                  // elapsed: the row's end since the recording began
  Known known;
  Losses losses;
};

// Where counting starts: a launched command counts from its fork, so that the second row holds
// what it did while it was held; an attached tree counts from the first sample.
enum class Baseline { fork, first_sample };

// Makes rows from snapshots that follow each other, each of which is applied once.
//
// A difference is never negative. The estimate of a running task's time, and the split of run time
// by ticks, may step back from one snapshot to the next; a row then says 0 and the following rows make
// up for it, so that the sum over all rows is the last snapshot's figure.
class RowMaker {
 public:
  explicit RowMaker(Baseline baseline) : baseline_(baseline) {}

  void apply(const Snapshot &snapshot);

  // The row that ends with the snapshot that was applied last: `realtime_ns` was the time of day then, and
  // `ticks_missed` how many deadlines have passed without a row so far.
  Row next(std::uint64_t realtime_ns, std::uint64_t ticks_missed);

  // What each counter has reached since counting started: the rows' sums, and what the next row will report.
  [[nodiscard]] Values counted() const;

  // When the recording began, on the clock of the snapshots.
  [[nodiscard]] std::uint64_t start_ns() const { return start_ns_; }

 private:
  void reach_counters(const Snapshot &snapshot);
  void reach_cpu(const Snapshot &snapshot);

  Baseline baseline_;
  std::uint64_t rows_ = 0;
  bool begun_ = false;
  std::uint64_t start_ns_ = 0;
  Snapshot last_;
  Values start_{};     // of each counter, what it was before counting started
  Values reached_{};   // by the snapshots so far, never going back
  Values reported_{};  // by the rows so far
};

}  // namespace rusage_bpf
