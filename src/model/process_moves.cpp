// ProcessTable: processes that move out of a cgroup and back.
#include "model/process_table.h"

namespace rusage_bpf {
namespace {

constexpr std::size_t max_moved_out = 4096;

// Whether a process executed something else while it was in another cgroup. If the kernel's number of its last exec is
// not known, its name and arguments are compared; a zombie has no arguments.
bool executed_elsewhere(const Program &before, const Program &now) {
  if (before.exec_id != 0 && now.exec_id != 0) return before.exec_id != now.exec_id;
  if (!before.image || !now.image || !now.image->command) return false;
  if (before.image->command != now.image->command) return true;
  return !now.image->argv.empty() && before.image->argv != now.image->argv;
}

}  // namespace

// True if the process moved back in, and has executed nothing else since it moved out. The same sample may report later
// that it moved out.
bool ProcessTable::continue_record(const rusage_task_event &event, const TaskEvents &events) {
  const auto known = latest_.find({event.start_ns, static_cast<int>(event.pid)});
  const auto found = known == latest_.end() ? records_.end() : records_.find(known->second);
  if (found == records_.end()) return false;
  IncompleteRecord &record = found->second;
  const auto image = events.found.find(event.span);
  const Program now{.exec_id = event.exec_id, .image = image == events.found.end() ? nullptr : image->second};
  if (executed_elsewhere(record.program, now)) return false;
  if (!record.program.image) record.program.image = now.image;
  record.end_ns = 0;
  record.tasks++;
  record.joins++;
  record.usage.subtract(event.reading);
  continued_[event.span] = found->first;
  moved_out_.erase(known->first);
  return true;
}

void ProcessTable::keep_moved_out(std::uint64_t number, const IncompleteRecord &record) {
  auto &kept = moved_out_[record.identity()];
  if (kept != 0) ended_.push_back(kept);  // a record of the same process, before another exec
  kept = number;
  if (moved_out_.size() <= max_moved_out) return;
  ended_.push_back(moved_out_.begin()->second);
  moved_out_.erase(moved_out_.begin());
}

void ProcessTable::forget(std::uint64_t number, const IncompleteRecord &record) {
  const auto known = latest_.find(record.identity());
  if (known != latest_.end() && known->second == number) latest_.erase(known);
}

}  // namespace rusage_bpf
