#include "model/row.h"

#include <algorithm>
#include <utility>

namespace rusage_bpf {

namespace {

bool is_cpu(std::size_t column) {
  return column == RUSAGE_user || column == RUSAGE_system;
}

}  // namespace

Row RowMaker::next(std::uint64_t realtime_ns, std::uint64_t ticks_missed) {
  const bool first = rows_ == 0;
  Row row{.number = rows_++,
          .realtime_ns = realtime_ns,
          .value = last_.value,
          .known = last_.known,
          .losses = {.untracked_tasks = last_.untracked_tasks, .ticks_missed = ticks_missed}};
  row.value[RUSAGE_elapsed] = last_.monotonic_ns - start_ns_;
  row.known.set(RUSAGE_elapsed);
  for (std::size_t i = 0; i < column_count; i++) {
    if (!columns[i].is_counter()) continue;
    if (first)
      row.known.reset(i);
    else
      row.value[i] = latest_[i] - std::exchange(reported_[i], latest_[i]);
  }
  return row;
}

void RowMaker::apply(const Snapshot &snapshot) {
  last_ = snapshot;
  if (!std::exchange(started_, true)) {
    start_ns_ = snapshot.monotonic_ns;
    if (baseline_ == Baseline::first_sample) baseline_values_ = latest_ = reported_ = snapshot.value;
    return;
  }
  advance_counters(snapshot);
  advance_cpu(snapshot);
}

Values RowMaker::counted() const {
  Values counted{};
  for (std::size_t i = 0; i < column_count; i++)
    if (columns[i].is_counter()) counted[i] = latest_[i] - baseline_values_[i];
  return counted;
}

void RowMaker::advance_counters(const Snapshot &snapshot) {
  for (std::size_t i = 0; i < column_count; i++)
    if (columns[i].is_counter() && !is_cpu(i) && snapshot.known[i])
      latest_[i] = std::max(snapshot.value[i], latest_[i]);
}

// The sum of both is the run time and comes first. Then the split is as near to the snapshot's as it can be without
// decreasing a part.
void RowMaker::advance_cpu(const Snapshot &snapshot) {
  const std::uint64_t run = snapshot.value[RUSAGE_user] + snapshot.value[RUSAGE_system];
  const std::uint64_t counted_run = latest_[RUSAGE_user] + latest_[RUSAGE_system];
  const std::uint64_t more = std::max(run, counted_run) - counted_run;
  const std::uint64_t user = std::clamp(snapshot.value[RUSAGE_user], latest_[RUSAGE_user], latest_[RUSAGE_user] + more);
  latest_[RUSAGE_system] += more - (user - latest_[RUSAGE_user]);
  latest_[RUSAGE_user] = user;
}

}  // namespace rusage_bpf
