// Which process got the usage of processes that are gone.
//
// When a parent reaps a child, the kernel adds the child's usage to the parent's. Then it must leave the sum, or it
// would count twice. If no process reaps the child, for example because its parent ignores SIGCHLD, its usage must stay
// in the sum. /proc does not show which case it was. But a parent reaps all of its children or none, and when it has
// reaped one, its count of reaped minor faults has grown. Every process has minor faults, except one that vfork made
// and that executed nothing: that one has almost no usage.
//
// A parent is polled before its children. So a child that is gone at its poll may have been reaped after its parent's
// poll. Then the child's usage stays in the sum until the next poll of its parent, or of the process that reaped its
// parent.
#include <algorithm>

#include "model/reading.h"
#include "source/proc_source.h"

namespace rusage_bpf {

void ProcSource::assign_usage_of_gone() {
  const auto is_there = [](const std::unique_ptr<Tracked> &tracked) {
    const auto state = tracked->process.state();
    return state != ProcProcess::State::gone && state != ProcProcess::State::reaped && !tracked->moved_out;
  };
  if (gone_.empty() && std::all_of(tracked_.begin(), tracked_.end(), is_there)) return;
  const auto first_gone = std::stable_partition(tracked_.begin(), tracked_.end(), is_there);
  for (auto tracked = first_gone; tracked != tracked_.end(); ++tracked) {
    by_pid_.erase((*tracked)->process.pid());
    gone_.push_back(std::move(*tracked));
  }
  tracked_.erase(first_gone, tracked_.end());

  // Processes that the recorder reaped come last: their usage may include the others'.
  const auto reaped = std::stable_partition(gone_.begin(), gone_.end(), [](const auto &tracked) {
    return tracked->process.state() != ProcProcess::State::reaped;
  });
  for (auto tracked = gone_.begin(); tracked != reaped; ++tracked) assign_usage(**tracked);
  for (auto tracked = reaped; tracked != gone_.end(); ++tracked) {
    keep_usage((*tracked)->usage());
    (*tracked)->unwaited = (*tracked)->process.pid() != command_;
    report_exit(**tracked);
    (*tracked)->usage_is_assigned = true;
  }
  std::erase_if(gone_, [](const auto &tracked) { return tracked->usage_is_assigned; });
}

void ProcSource::assign_usage(Tracked &gone) {
  Tracked *parent = find(gone.process.parent());
  Tracked *reaper = gone.moved_out || (parent && parent->reaps_no_children) ? nullptr : reaper_of(gone);
  const bool has_no_faults = gone.usage().minor_faults == 0;
  if (reaper && (reaper->has_reaped || has_no_faults)) {
    reaper->process.add_reaped_usage(gone.usage());
  } else if (reaper && reaper->process.is_live() && gone.awaited_reaper != reaper->process.pid()) {
    gone.awaited_reaper = reaper->process.pid();
    reaper->poll_everything = true;
    return;
  } else {
    if (parent && !gone.moved_out) parent->reaps_no_children = true;
    gone.unwaited = !gone.moved_out;
    keep_usage(gone.usage());
  }
  report_exit(gone);
  gone.usage_is_assigned = true;
}

// The parent. If that is gone as well, the process that reaped the parent.
ProcSource::Tracked *ProcSource::reaper_of(const Tracked &gone) const {
  pid_t parent = gone.process.parent();
  for (std::size_t generations = 0; generations <= gone_.size(); generations++) {
    if (Tracked *there = find(parent)) return there;
    const auto also_gone = std::find_if(gone_.begin(), gone_.end(),
                                        [parent](const auto &tracked) { return tracked->process.pid() == parent; });
    if (also_gone == gone_.end()) return nullptr;
    if ((*also_gone)->process.state() == ProcProcess::State::reaped) return also_gone->get();
    parent = (*also_gone)->process.parent();
  }
  return nullptr;
}

void ProcSource::keep_usage(const rusage_reading &usage) {
  add(kept_, usage);
  kept_user_ns_ += user_part(usage.cpu);
}

}  // namespace rusage_bpf
