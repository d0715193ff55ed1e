#include "model/selection.h"

#include <array>

namespace rusage_bpf {

TargetKind kind_of(const Selection &selection) {
  constexpr std::array kinds{TargetKind::command, TargetKind::tree, TargetKind::cgroup};
  static_assert(kinds.size() == std::variant_size_v<Selection>);
  return kinds[selection.index()];
}

Baseline baseline_of(const Selection &selection) {
  return kind_of(selection) == TargetKind::command ? Baseline::fork : Baseline::first_sample;
}

}  // namespace rusage_bpf
