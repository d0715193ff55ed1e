// Who has the figures of the processes that are gone.
//
// When a parent waits for a child, the kernel adds the child's figures to the parent's: then they must go from our sum,
// as they would be in it twice. When nobody waits, as where SIGCHLD is ignored, they must stay. /proc does not tell
// which it was. But a parent waits for all of its children, or it ignores them all; and when it has waited for one, its
// minor faults of those it has waited for have grown: every process has some, but for one that vfork made and that
// executed nothing, which has next to no figures at all.
//
// A parent is read before its children. So it may not have got yet what a child had that is gone a moment later: the
// child's figures stand in the sum for one more look then, or where the parent is gone as well, for one look at whoever
// waits for that.
#include <algorithm>

#include "model/reading.h"
#include "source/proc_source.h"

namespace rusage_bpf {

void ProcSource::settle_the_gone() {
  const auto is_there = [](const std::unique_ptr<Member> &member) {
    const auto state = member->process.state();
    return state != ProcMember::State::gone && state != ProcMember::State::reaped && !member->moved_out;
  };
  if (gone_.empty() && std::all_of(members_.begin(), members_.end(), is_there)) return;
  const auto first_gone = std::stable_partition(members_.begin(), members_.end(), is_there);
  for (auto member = first_gone; member != members_.end(); ++member) {
    by_pid_.erase((*member)->process.pid());
    gone_.push_back(std::move(*member));
  }
  members_.erase(first_gone, members_.end());

  // Those that we have waited for come last: the others may be in their figures.
  const auto reaped = std::stable_partition(gone_.begin(), gone_.end(), [](const auto &member) {
    return member->process.state() != ProcMember::State::reaped;
  });
  for (auto member = gone_.begin(); member != reaped; ++member) settle(**member);
  for (auto member = reaped; member != gone_.end(); ++member) {
    keep((*member)->used());
    (*member)->unwaited = (*member)->process.pid() != command_;
    tell_end(**member);
    (*member)->settled = true;
  }
  std::erase_if(gone_, [](const auto &member) { return member->settled; });
}

// Unless it is not known yet where its figures are.
void ProcSource::settle(Member &gone) {
  Member *parent = find(gone.process.parent());
  Member *heir = gone.moved_out || (parent && parent->never_waits) ? nullptr : heir_of(gone);
  const bool has_no_faults = gone.used().minor_faults == 0;
  if (heir && (heir->has_waited || has_no_faults)) {
    heir->process.inherit(gone.used());
  } else if (heir && heir->process.live() && gone.awaited_heir != heir->process.pid()) {
    gone.awaited_heir = heir->process.pid();
    heir->must_be_read = true;
    return;
  } else {
    if (parent && !gone.moved_out) parent->never_waits = true;
    gone.unwaited = !gone.moved_out;
    keep(gone.used());
  }
  tell_end(gone);
  gone.settled = true;
}

// Its parent, or where that is gone as well, whoever has waited for that.
ProcSource::Member *ProcSource::heir_of(const Member &gone) const {
  pid_t parent = gone.process.parent();
  for (std::size_t generations = 0; generations <= gone_.size(); generations++) {
    if (Member *there = find(parent)) return there;
    const auto also_gone = std::find_if(gone_.begin(), gone_.end(),
                                        [parent](const auto &member) { return member->process.pid() == parent; });
    if (also_gone == gone_.end()) return nullptr;
    if ((*also_gone)->process.state() == ProcMember::State::reaped) return also_gone->get();
    parent = (*also_gone)->process.parent();
  }
  return nullptr;
}

void ProcSource::keep(const rusage_reading &used) {
  add(kept_, used);
  kept_user_ns_ += user_part(used.cpu);
}

}  // namespace rusage_bpf
