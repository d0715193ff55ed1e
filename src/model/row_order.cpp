#include "model/row_order.h"

namespace rusage_bpf {

bool RowOrder::accept(const Row &row) {
  const bool has_elapsed = row.known[RUSAGE_elapsed];
  const std::uint64_t elapsed_ns = row.value[RUSAGE_elapsed];
  if (has_elapsed && begun_ && elapsed_ns <= elapsed_ns_) return false;
  for (std::size_t i = 0; i < column_count; i++) {
    if (!row.known[i]) continue;
    const std::uint64_t before = columns[i].is_counter() ? sum_[i] : 0;
    if (row.value[i] > max_row_value - before) return false;
  }
  for (std::size_t i = 0; i < column_count; i++)
    if (row.known[i] && columns[i].is_counter()) sum_[i] += row.value[i];
  if (has_elapsed) {
    begun_ = true;
    elapsed_ns_ = elapsed_ns;
  }
  return true;
}

}  // namespace rusage_bpf
