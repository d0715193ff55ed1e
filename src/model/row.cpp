#include "model/row.h"

#include <algorithm>

namespace rusage_bpf {

Row RowMaker::next(const Snapshot &snapshot, std::uint64_t realtime_ns) {
  const bool first = rows_ == 0;
  if (first) {
    start_ns_ = snapshot.monotonic_ns;
    if (baseline_ == Baseline::first_look) reported_ = snapshot.value;
  }
  Row row{.number = rows_++,
          .realtime_ns = realtime_ns,
          .value = snapshot.value,
          .known = snapshot.known,
          .losses = {.untracked_tasks = snapshot.untracked_tasks, .ticks_missed = 0}};
  row.value[RUSAGE_elapsed] = snapshot.monotonic_ns - start_ns_;
  row.known.set(RUSAGE_elapsed);
  if (first) {
    for (std::size_t i = 0; i < column_count; i++)
      if (columns[i].kind == Column::Kind::counter) row.known.reset(i);
    return row;
  }
  add_counter_deltas(snapshot, row);
  add_cpu_deltas(snapshot, row);
  return row;
}

void RowMaker::add_counter_deltas(const Snapshot &snapshot, Row &row) {
  for (std::size_t i = 0; i < column_count; i++) {
    const bool cpu = i == RUSAGE_user || i == RUSAGE_system;
    if (columns[i].kind != Column::Kind::counter || cpu || !snapshot.known[i]) continue;
    const std::uint64_t reached = std::max(snapshot.value[i], reported_[i]);
    row.value[i] = reached - reported_[i];
    reported_[i] = reached;
  }
}

// The sum of both is the run time and goes first; the split then comes as near to the snapshot's as
// it can without either part going back.
void RowMaker::add_cpu_deltas(const Snapshot &snapshot, Row &row) {
  const std::uint64_t run = snapshot.value[RUSAGE_user] + snapshot.value[RUSAGE_system];
  const std::uint64_t reported_run = reported_[RUSAGE_user] + reported_[RUSAGE_system];
  const std::uint64_t delta = std::max(run, reported_run) - reported_run;
  const std::uint64_t user = std::clamp(snapshot.value[RUSAGE_user], reported_[RUSAGE_user],
                                        reported_[RUSAGE_user] + delta);
  row.value[RUSAGE_user] = user - reported_[RUSAGE_user];
  row.value[RUSAGE_system] = delta - row.value[RUSAGE_user];
  reported_[RUSAGE_user] += row.value[RUSAGE_user];
  reported_[RUSAGE_system] += row.value[RUSAGE_system];
}

}  // namespace rusage_bpf
