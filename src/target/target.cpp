#include "target/target.h"

namespace rusage_bpf {

std::optional<Ended> ended_by_signal(const Signal &signal) {
  if (!ends_by_default(signal.number)) return std::nullopt;
  return Ended{.by = EndedBy::from_text(signal_name(signal.number)), .exit = {}, .kernel = {}};
}

bool is_empty(const Snapshot &tree) {
  return tree.value[RUSAGE_thread_count] == 0 && tree.pending_new_tasks == 0 && tree.hidden_tasks == 0;
}

}  // namespace rusage_bpf
