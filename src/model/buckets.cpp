#include "model/buckets.h"

#include <algorithm>
#include <utility>

namespace rusage_bpf {
namespace {

constexpr double ns_per_second = 1e9;

bool is_rate(std::size_t series) {
  return series == cpu_series || columns[series].is_counter();
}

double seconds_of(const Bucket &bucket) {
  return static_cast<double>(bucket.end_ns - bucket.begin_ns) / ns_per_second;
}

void add_value(Bucket &bucket, std::size_t series, double value) {
  Spread &spread = bucket.series[series];
  const bool first = spread.known++ == 0;
  spread.sum += value;
  if (is_rate(series)) return;  // set_rates does the rest when the step's length is known
  spread.least = first ? value : std::min(spread.least, value);
  spread.greatest = first ? value : std::max(spread.greatest, value);
}

void add_row(Bucket &step, const Row &row) {
  for (std::size_t i = 0; i < column_count; i++) {
    if (!row.known[i] || columns[i].is_time()) continue;
    const auto value = static_cast<double>(row.value[i]);
    add_value(step, i, columns[i].in_nanoseconds() ? value / ns_per_second : value);
  }
  if (row.known[RUSAGE_user] && row.known[RUSAGE_system])
    add_value(step, cpu_series, static_cast<double>(row.value[RUSAGE_user] + row.value[RUSAGE_system]) / ns_per_second);
  step.end_ns = row.value[RUSAGE_elapsed];
}

// The rate of a step is its least and its greatest rate.
void set_rates(Bucket &step) {
  for (std::size_t i = 0; i < series_count; i++)
    if (is_rate(i) && step.known(i)) step.series[i].least = step.series[i].greatest = step.mean(i);
}

// `later` starts where `bucket` ends.
void merge(Bucket &bucket, const Bucket &later) {
  for (std::size_t i = 0; i < series_count; i++) {
    Spread &spread = bucket.series[i];
    const Spread &other = later.series[i];
    if (other.known == 0) continue;
    spread.least = spread.known == 0 ? other.least : std::min(spread.least, other.least);
    spread.greatest = spread.known == 0 ? other.greatest : std::max(spread.greatest, other.greatest);
    spread.sum += other.sum;
    spread.known += other.known;
  }
  bucket.end_ns = later.end_ns;
  bucket.steps += later.steps;
}

void append(std::vector<Bucket> &buckets, const Bucket &step, std::uint64_t steps_each) {
  if (!buckets.empty() && buckets.back().steps < steps_each)
    merge(buckets.back(), step);
  else
    buckets.push_back(step);
}

void merge_neighbours(std::vector<Bucket> &buckets) {
  for (std::size_t i = 0; i < buckets.size() / 2; i++) {
    buckets[i] = buckets[2 * i];
    merge(buckets[i], buckets[2 * i + 1]);
  }
  buckets.resize(buckets.size() / 2);
}

}  // namespace

bool Bucket::known(std::size_t series_index) const {
  return series[series_index].known > 0 && (!is_rate(series_index) || end_ns > begin_ns);
}

double Bucket::mean(std::size_t series_index) const {
  const Spread &spread = series[series_index];
  return spread.sum / (is_rate(series_index) ? seconds_of(*this) : static_cast<double>(spread.known));
}

void Buckets::add(const Row &row) {
  add_row(open_, row);
  // The first row is the state at the start of the recording, and has no length.
  if (row.number == 0 || open_.end_ns - open_.begin_ns >= shortest_step_ns_) close_step();
}

void Buckets::close_step() {
  open_.steps = 1;
  set_rates(open_);
  if (last_step_.steps > 0) {
    const bool room = full_.size() < max_buckets_ || full_.back().steps < steps_each_;
    if (!room) {
      merge_neighbours(full_);
      steps_each_ *= 2;
    }
    append(full_, last_step_, steps_each_);
  }
  last_step_ = std::exchange(open_, Bucket());
  open_.begin_ns = open_.end_ns = last_step_.end_ns;
}

std::vector<Bucket> Buckets::list() const {
  Bucket last = last_step_;
  Bucket rest = open_;
  const bool any_rest = rest.end_ns > rest.begin_ns;
  // Without a step of some length, the rest becomes a step itself.
  const bool joins = any_rest && last.end_ns > last.begin_ns;
  if (joins) {
    merge(last, rest);
    set_rates(last);
  }
  std::vector<Bucket> buckets = full_;
  if (last.steps > 0) append(buckets, last, steps_each_);
  if (any_rest && !joins) {
    rest.steps = 1;
    set_rates(rest);
    append(buckets, rest, steps_each_);
  }
  return buckets;
}

}  // namespace rusage_bpf
