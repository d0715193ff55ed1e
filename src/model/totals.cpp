#include "model/totals.h"

namespace rusage_bpf {

void Totals::add(const Row &row) {
  rows_++;
  elapsed_ns_ = row.value[RUSAGE_elapsed];
  for (std::size_t i = 0; i < column_count; i++) {
    if (!row.known[i]) continue;
    if (columns[i].is_counter()) {
      value_[i] += row.value[i];
    } else if (columns[i].is_gauge() && (!known_[i] || row.value[i] > value_[i])) {
      value_[i] = row.value[i];
      peak_elapsed_ns_[i] = elapsed_ns_;
    }
    known_.set(i);
  }
}

}  // namespace rusage_bpf
