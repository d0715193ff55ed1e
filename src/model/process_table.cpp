#include "model/process_table.h"

#include <algorithm>
#include <limits>
#include <unordered_set>
#include <utility>

namespace rusage_bpf {
namespace {

constexpr std::uint64_t any_peak = std::numeric_limits<std::uint64_t>::max();

bool starts_process(const rusage_task_event &event) {
  return event.kind == RUSAGE_NEW && (event.flags & RUSAGE_PROCESS) != 0;
}

// The kernel keeps only the maximum since the fork. So the peak of a record is known only if it is above the maximum
// before the record.
std::optional<std::uint64_t> peak_above(std::uint64_t maximum, std::uint64_t earlier) {
  return maximum > earlier ? std::optional(maximum) : std::nullopt;
}

std::optional<std::uint64_t> known_peak(std::uint64_t peak_rss) {
  return peak_rss > 0 ? std::optional(peak_rss) : std::nullopt;
}

}  // namespace

void ProcessTable::begin(std::uint64_t start_ns, const TaskEvents &events) {
  start_ns_ = start_ns;
  if (baseline_ == Baseline::fork) return apply(events);
  TaskEvents without_live_tasks = events;
  std::erase_if(without_live_tasks.tasks, [](const auto &event) { return event.kind == RUSAGE_LIVE; });
  apply(without_live_tasks);
  set_baseline(events);
}

// Nothing that happened before this counts.
void ProcessTable::set_baseline(const TaskEvents &events) {
  for (const std::uint64_t number : ended_) records_.erase(number);
  ended_.clear();
  for (const auto &[process, number] : moved_out_) records_.erase(number);
  moved_out_.clear();
  for (auto &[number, record] : records_) {
    record.usage = {};
    record.unrecorded_peak = any_peak;
    record.earlier_children_cpu_ns = record.children_cpu_ns;
  }
  for (const rusage_task_event &event : events.tasks) {
    const auto found = find_record(event.span);
    if (event.kind != RUSAGE_LIVE || found == records_.end()) continue;
    found->second.usage.subtract(event.reading);
    if (event.peak_rss > 0) found->second.unrecorded_peak = event.peak_rss;
  }
}

void ProcessTable::apply(const TaskEvents &events) {
  new_tasks_reported_ = events.new_tasks_reported;
  new_tasks_ = events.new_tasks;
  now_ns_ = events.monotonic_ns;
  apply_forks_and_execs(events);

  for (const auto &[number, unknown] : events.unknown)
    if (const auto found = records_.find(number); found != records_.end()) found->second.unknown = unknown;
  for (const auto &[number, cpu_ns] : events.children_cpu_ns)
    if (const auto found = records_.find(number); found != records_.end() && !found->second.ended_by_exec)
      found->second.children_cpu_ns = cpu_ns;

  std::vector<Pending<rusage_task_event>> exits = std::exchange(pending_exits_, {});
  for (const rusage_task_event &event : events.tasks) {
    if (event.kind == RUSAGE_NEW && !starts_process(event)) add_thread(event);
    if (event.kind == RUSAGE_GONE) exits.push_back({event, new_tasks_});
    if (event.kind == RUSAGE_LIVE) apply_live_task(event);
  }
  for (const auto &exit : exits)
    if (!apply_exit(exit.event) && may_still_be_reported(exit.new_tasks)) pending_exits_.push_back(exit);
}

// The numbers of records grow with time. So in the order of the numbers, a record is there before an event names it as
// the parent's or as the one before an exec.
void ProcessTable::apply_forks_and_execs(const TaskEvents &events) {
  struct Start {
    std::uint64_t number;
    const rusage_task_event *fork;
    const Pending<Exec> *exec;
  };
  std::vector<Start> starts;
  std::unordered_set<std::uint64_t> live;
  for (const rusage_task_event &event : events.tasks) {
    if (starts_process(event)) starts.push_back({event.span, &event, nullptr});
    if (event.kind == RUSAGE_LIVE) live.insert(event.span);
  }
  std::vector<Pending<Exec>> execs = std::exchange(pending_execs_, {});
  for (const Exec &exec : events.execs) execs.push_back({exec, new_tasks_});
  for (const Pending<Exec> &exec : execs) starts.push_back({exec.event.record.new_span, nullptr, &exec});
  std::sort(starts.begin(), starts.end(), [](const Start &a, const Start &b) { return a.number < b.number; });
  for (const Start &start : starts) {
    if (start.fork) {
      add_process(*start.fork, events);
      continue;
    }
    const bool after_sample = live.contains(start.exec->event.record.old_span);
    if (after_sample || (!apply_exec(start.exec->event) && may_still_be_reported(start.exec->new_tasks)))
      pending_execs_.push_back(*start.exec);
  }
}

ProcessTable::Records::iterator ProcessTable::find_record(std::uint64_t number) {
  const auto continued = continued_.find(number);
  return records_.find(continued == continued_.end() ? number : continued->second);
}

void ProcessTable::add_process(const rusage_task_event &event, const TaskEvents &events) {
  const bool may_move = baseline_ == Baseline::first_sample;
  if (may_move && continue_record(event, events)) return;
  IncompleteRecord record;
  record.pid = static_cast<int>(event.pid);
  record.ppid = static_cast<int>(event.parent_pid);
  record.start_ns = record.process_start_ns = event.start_ns;
  record.tasks = 1;
  record.program.exec_id = event.exec_id;
  record.usage.subtract(event.reading);
  if (event.parent_span != 0) add_parents_data(record, event);
  if ((event.flags & RUSAGE_MOVED) != 0) {
    record.unrecorded_peak = any_peak;
    if (const auto cpu_ns = events.children_cpu_ns.find(event.span); cpu_ns != events.children_cpu_ns.end())
      record.earlier_children_cpu_ns = cpu_ns->second;
  }
  if (baseline_ == Baseline::fork) {
    record.account = std::make_shared<WaitAccount>();
    if (!account_) account_ = record.account;
  }
  if (const auto image = events.found.find(event.span); image != events.found.end())
    record.program.image = image->second;
  if (may_move) latest_[record.identity()] = event.span;
  records_.insert_or_assign(event.span, std::move(record));
}

void ProcessTable::add_parents_data(IncompleteRecord &record, const rusage_task_event &event) {
  record.forked = true;
  const auto parent = find_record(event.parent_span);
  if (parent == records_.end()) {
    record.usage.value[RUSAGE_forks]++;  // it belongs to the parent, but must be in some record
    return;
  }
  parent->second.usage.value[RUSAGE_forks]++;
  record.program.image = parent->second.program.image;
  record.parents_unrecorded_peak = parent->second.unrecorded_peak;
  record.parents_account = parent->second.account;
}

void ProcessTable::add_thread(const rusage_task_event &event) {
  const auto found = find_record(event.span);
  if (found == records_.end()) return;
  found->second.tasks++;
  found->second.usage.subtract(event.reading);
}

void ProcessTable::apply_live_task(const rusage_task_event &event) {
  const auto found = find_record(event.span);
  if (found == records_.end()) return;
  IncompleteRecord &record = found->second;
  record.usage.add(event.reading);
  record.peak_rss = std::max(record.peak_rss, known_peak(event.peak_rss));
}

bool ProcessTable::apply_exec(const Exec &exec) {
  const rusage_exec &event = exec.record;
  const auto found = find_record(event.old_span);
  if (found == records_.end()) return false;
  IncompleteRecord &before = found->second;
  // A command is a copy of the recorder until its first exec. That copy gets no record of its own.
  if (baseline_ == Baseline::fork && !before.program.image) {
    apply_first_exec(before, exec);
    records_.erase(event.old_span);
    return true;
  }
  IncompleteRecord after;
  after.pid = before.pid;
  after.ppid = before.ppid;
  after.program = {.exec_id = event.exec_id, .image = exec.image};
  after.start_ns = before.end_ns = event.time_ns;
  after.process_start_ns = before.process_start_ns;
  after.tasks = 1;
  after.earlier_peak = event.most_rss_so_far;
  after.usage.value[RUSAGE_execs] = 1;
  after.children_cpu_ns = after.earlier_children_cpu_ns = before.children_cpu_ns = exec.children_cpu_ns;
  after.account = before.account;
  after.parents_account = before.parents_account;
  after.usage.subtract(event.reading);
  before.ended_by_exec = true;
  before.tasks--;
  before.peak_rss = peak_above(event.most_rss_so_far, before.earlier_peak);
  // Before the exec it may have shared its parent's address space (vfork).
  before.unrecorded_peak = std::max(before.unrecorded_peak, before.parents_unrecorded_peak);
  before.new_tasks = new_tasks_;
  before.usage.add(event.reading);
  ended_.push_back(found->first);
  if (const auto known = latest_.find(after.identity()); known != latest_.end()) known->second = event.new_span;
  records_.insert_or_assign(event.new_span, std::move(after));
  return true;
}

void ProcessTable::apply_first_exec(IncompleteRecord record, const Exec &exec) {
  record.program = {.exec_id = exec.record.exec_id, .image = exec.image};
  record.earlier_peak = exec.record.most_rss_so_far;
  record.start_ns = std::max(record.start_ns, start_ns_);
  record.usage.value[RUSAGE_execs]++;
  records_.insert_or_assign(exec.record.new_span, std::move(record));
}

bool ProcessTable::apply_exit(const rusage_task_event &event) {
  const bool of_process = (event.flags & RUSAGE_PROCESS) != 0;
  const bool listed = (event.flags & RUSAGE_LATE) == 0;
  const auto found = find_record(event.span);
  if (listed && found == records_.end()) return false;
  if (of_process && find_record(event.process_span) == records_.end()) return false;
  if (listed) {
    found->second.tasks--;
    found->second.usage.add(event.reading);
  }
  if (of_process) end_process(event);
  return true;
}

void ProcessTable::end_process(const rusage_task_event &event) {
  const auto found = find_record(event.process_span);
  continued_.erase(event.process_span);
  auto &[number, record] = *found;
  record.peak_rss =
      std::max(record.peak_rss, event.peak_rss > 0 ? known_peak(event.peak_rss)
                                                   : peak_above(event.most_rss_so_far, record.earlier_peak));
  if (--record.joins > 0) return;  // it moved back in, which was reported first
  record.tasks = 0;                // even if the exits of some were not reported
  record.end_ns = event.end_ns != 0 ? event.end_ns : now_ns_;
  if ((event.flags & RUSAGE_STATUS) != 0) record.exit = exit_of_status(static_cast<int>(event.status));
  record.new_tasks = new_tasks_;
  const bool moved = (event.flags & RUSAGE_MOVED) != 0;
  if (moved && latest_.contains(record.identity())) return keep_moved_out(number, record);
  if (!moved) record.usage.value[RUSAGE_exits] = 1;
  ended_.push_back(number);
  pass_account(record, event);
}

void ProcessTable::pass_account(const IncompleteRecord &record, const rusage_task_event &event) {
  if (!record.account || record.account == account_) return;
  if ((event.flags & RUSAGE_UNWAITED) == 0 && record.parents_account)
    record.account->pass_to(record.parents_account);
  else
    unwaited_processes_++;
}

std::vector<Process> ProcessTable::finished() {
  std::vector<Process> finished;
  std::erase_if(ended_, [&](std::uint64_t number) {
    const IncompleteRecord &record = records_[number];
    if (record.tasks != 0 || new_tasks_reported_ < record.new_tasks) return false;
    finished.push_back(record.complete(start_ns_));
    forget(number, record);
    records_.erase(number);
    return true;
  });
  return finished;
}

std::vector<Process> ProcessTable::rest() {
  for (const Pending<Exec> &exec : pending_execs_) {
    const auto found = find_record(exec.event.record.old_span);
    if (found != records_.end()) found->second.usage.value[RUSAGE_execs]++;
  }
  std::vector<std::pair<std::uint64_t, Process>> rest;
  for (const auto &[number, record] : records_) {
    const bool live = record.end_ns == 0;
    if (live && record.account && record.account != account_) unwaited_processes_++;
    rest.emplace_back(number, record.complete(start_ns_));
  }
  std::sort(rest.begin(), rest.end(), [](const auto &a, const auto &b) { return a.first < b.first; });
  records_.clear();
  ended_.clear();
  moved_out_.clear();
  latest_.clear();
  continued_.clear();
  std::vector<Process> processes;
  processes.reserve(rest.size());
  for (auto &[number, process] : rest) processes.push_back(std::move(process));
  return processes;
}

}  // namespace rusage_bpf
