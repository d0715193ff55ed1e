#include "model/process_table.h"

#include <algorithm>
#include <limits>
#include <unordered_set>
#include <utility>

#include "model/reading.h"

namespace rusage_bpf {
namespace {

constexpr std::uint64_t any_peak = std::numeric_limits<std::uint64_t>::max();

template <typename Sum>
void add_reading(Sum &sum, const rusage_reading &reading, std::uint64_t times = 1) {
  sum.cpu.run += times * reading.cpu.run;
  sum.cpu.user_ticks += times * reading.cpu.user_ticks;
  sum.cpu.system_ticks += times * reading.cpu.system_ticks;
#define RUSAGE_ADD(name, unit, field, ...) sum.value[RUSAGE_##name] += times * reading.name;
  RUSAGE_COLUMNS(RUSAGE_NOTHING, RUSAGE_NOTHING, RUSAGE_ADD, RUSAGE_NOTHING, RUSAGE_NOTHING)
#undef RUSAGE_ADD
}

template <typename Sum>
void take_off_reading(Sum &sum, const rusage_reading &reading) {
  add_reading(sum, reading, ~std::uint64_t{0});
}

constexpr std::size_t most_away = 4096;

bool begins_process(const rusage_task_event &event) {
  return event.kind == RUSAGE_NEW && (event.flags & RUSAGE_PROCESS) != 0;
}

// Whether a process that came back had executed something else meanwhile. Where the kernel's number of its last exec is
// not known, its program tells; of a zombie the arguments are gone.
bool executed_meanwhile(const Program &before, const Program &now) {
  if (before.exec_id != 0 && now.exec_id != 0) return before.exec_id != now.exec_id;
  if (!before.image || !now.image || !now.image->command) return false;
  if (before.image->command != now.image->command) return true;
  return !now.image->argv.empty() && before.image->argv != now.image->argv;
}

// A peak is known where it is above what was reached before: the kernel keeps the maximum alone.
std::optional<std::uint64_t> peak_above(std::uint64_t most, std::uint64_t earlier) {
  return most > earlier ? std::optional(most) : std::nullopt;
}

}  // namespace

void ProcessTable::begin(std::uint64_t start_ns, const TaskEvents &events) {
  start_ns_ = start_ns;
  if (baseline_ == Baseline::fork) return take(events);
  TaskEvents without_living = events;
  std::erase_if(without_living.tasks, [](const auto &event) { return event.kind == RUSAGE_LIVE; });
  take(without_living);
  forget_what_was_before(events);
}

void ProcessTable::forget_what_was_before(const TaskEvents &events) {
  for (const std::uint64_t number : over_) spans_.erase(number);
  over_.clear();
  for (const auto &[process, number] : away_) spans_.erase(number);
  away_.clear();
  for (auto &[number, span] : spans_) {
    span.usage = {};
    span.unrecorded_peak = any_peak;
    span.earlier_children_cpu_ns = span.children_cpu_ns;
  }
  for (const rusage_task_event &event : events.tasks) {
    const auto found = find_span(event.span);
    if (event.kind != RUSAGE_LIVE || found == spans_.end()) continue;
    take_off_reading(found->second.usage, event.reading);
    if (event.peak_rss > 0) found->second.unrecorded_peak = event.peak_rss;
  }
}

void ProcessTable::take(const TaskEvents &events) {
  new_tasks_reported_ = events.new_tasks_reported;
  new_tasks_ = events.new_tasks;
  now_ns_ = events.monotonic_ns;

  // Numbers of spans grow with time, so that in their order each is there before it is named as the one before or
  // the parent's.
  struct Beginning {
    std::uint64_t number;
    const rusage_task_event *birth;
    const Early<Exec> *exec;
  };
  std::vector<Beginning> beginnings;
  std::unordered_set<std::uint64_t> living;
  for (const rusage_task_event &event : events.tasks) {
    if (begins_process(event)) beginnings.push_back({event.span, &event, nullptr});
    if (event.kind == RUSAGE_LIVE) living.insert(event.span);
  }
  std::vector<Early<Exec>> execs = std::exchange(early_execs_, {});
  for (const Exec &exec : events.execs) execs.push_back({exec, new_tasks_});
  for (const Early<Exec> &exec : execs) beginnings.push_back({exec.event.record.new_span, nullptr, &exec});
  std::sort(beginnings.begin(), beginnings.end(),
            [](const Beginning &a, const Beginning &b) { return a.number < b.number; });
  for (const Beginning &beginning : beginnings) {
    if (beginning.birth) {
      take_birth(*beginning.birth, events);
      continue;
    }
    const bool after_sample = living.contains(beginning.exec->event.record.old_span);
    if (after_sample || (!take_exec(beginning.exec->event) && may_still_be_reported(beginning.exec->new_tasks)))
      early_execs_.push_back(*beginning.exec);
  }

  for (const auto &[number, unknown] : events.unknown)
    if (const auto found = spans_.find(number); found != spans_.end()) found->second.unknown = unknown;
  for (const auto &[number, cpu_ns] : events.children_cpu_ns)
    if (const auto found = spans_.find(number); found != spans_.end() && !found->second.went_on)
      found->second.children_cpu_ns = cpu_ns;

  std::vector<Early<rusage_task_event>> ends = std::exchange(early_ends_, {});
  for (const rusage_task_event &event : events.tasks) {
    if (event.kind == RUSAGE_NEW && !begins_process(event)) take_thread(event);
    if (event.kind == RUSAGE_GONE) ends.push_back({event, new_tasks_});
    if (event.kind != RUSAGE_LIVE) continue;
    const auto found = find_span(event.span);
    if (found == spans_.end()) continue;
    add_reading(found->second.usage, event.reading);
    if (event.peak_rss > 0)
      found->second.peak_rss = std::max(found->second.peak_rss, std::optional<std::uint64_t>(event.peak_rss));
  }
  for (const auto &end : ends)
    if (!take_end(end.event) && may_still_be_reported(end.new_tasks)) early_ends_.push_back(end);
}

ProcessTable::Spans::iterator ProcessTable::find_span(std::uint64_t number) {
  const auto stay = stays_.find(number);
  return spans_.find(stay == stays_.end() ? number : stay->second);
}

// Of a process that was here before and has not executed anything else since; false for others. That it left may be
// told later, but in the same look.
bool ProcessTable::take_return(const rusage_task_event &event, const TaskEvents &events) {
  const auto known = processes_.find({event.start_ns, static_cast<int>(event.pid)});
  const auto found = known == processes_.end() ? spans_.end() : spans_.find(known->second);
  if (found == spans_.end()) return false;
  Span &span = found->second;
  const auto image = events.found.find(event.span);
  const Program now{.exec_id = event.exec_id, .image = image == events.found.end() ? nullptr : image->second};
  if (executed_meanwhile(span.program, now)) return false;
  if (!span.program.image) span.program.image = now.image;
  span.end_ns = 0;
  span.tasks++;
  span.stays++;
  take_off_reading(span.usage, event.reading);
  stays_[event.span] = found->first;
  away_.erase(known->first);
  return true;
}

void ProcessTable::take_birth(const rusage_task_event &event, const TaskEvents &events) {
  const bool may_move = baseline_ == Baseline::first_sample;
  if (may_move && take_return(event, events)) return;
  Span span;
  span.pid = static_cast<int>(event.pid);
  span.ppid = static_cast<int>(event.parent_pid);
  span.start_ns = span.process_start_ns = event.start_ns;
  span.tasks = 1;
  span.program.exec_id = event.exec_id;
  take_off_reading(span.usage, event.reading);
  const auto parent = find_span(event.parent_span);
  if (event.parent_span != 0) {
    span.forked = true;
    if (parent != spans_.end()) {
      span.program.image = parent->second.program.image;
      span.parents_unrecorded_peak = parent->second.unrecorded_peak;
      span.parents_account = parent->second.account;
    }
    // A fork belongs to the parent; to the child where the parent is not known.
    (parent == spans_.end() ? span : parent->second).usage.value[RUSAGE_forks]++;
  }
  if ((event.flags & RUSAGE_MOVED) != 0) {
    span.unrecorded_peak = any_peak;
    if (const auto cpu_ns = events.children_cpu_ns.find(event.span); cpu_ns != events.children_cpu_ns.end())
      span.earlier_children_cpu_ns = cpu_ns->second;
  }
  if (baseline_ == Baseline::fork) {
    span.account = std::make_shared<WaitAccount>();
    if (!account_) account_ = span.account;
  }
  if (const auto image = events.found.find(event.span); image != events.found.end()) span.program.image = image->second;
  if (may_move) processes_[span.identity()] = event.span;
  spans_.insert_or_assign(event.span, std::move(span));
}

void ProcessTable::take_thread(const rusage_task_event &event) {
  const auto found = find_span(event.span);
  if (found == spans_.end()) return;
  found->second.tasks++;
  take_off_reading(found->second.usage, event.reading);
}

bool ProcessTable::take_exec(const Exec &exec) {
  const rusage_exec &record = exec.record;
  const auto found = find_span(record.old_span);
  if (found == spans_.end()) return false;
  Span &before = found->second;
  // What is recorded from its birth begins as a copy of the recorder that waits: no span of its own.
  if (baseline_ == Baseline::fork && !before.program.image) {
    take_first_exec(before, exec);
    spans_.erase(record.old_span);
    return true;
  }
  Span after;
  after.pid = before.pid;
  after.ppid = before.ppid;
  after.program = {.exec_id = record.exec_id, .image = exec.image};
  after.start_ns = before.end_ns = record.time_ns;
  after.process_start_ns = before.process_start_ns;
  after.tasks = 1;
  after.earlier_peak = record.most_rss_so_far;
  after.usage.value[RUSAGE_execs] = 1;
  after.children_cpu_ns = after.earlier_children_cpu_ns = before.children_cpu_ns = exec.children_cpu_ns;
  after.account = before.account;
  after.parents_account = before.parents_account;
  take_off_reading(after.usage, record.reading);
  before.went_on = true;
  before.tasks--;
  before.peak_rss = peak_above(record.most_rss_so_far, before.earlier_peak);
  // Until then it may have shared its parent's address space (vfork).
  before.unrecorded_peak = std::max(before.unrecorded_peak, before.parents_unrecorded_peak);
  before.new_tasks = new_tasks_;
  add_reading(before.usage, record.reading);
  over_.push_back(found->first);
  if (const auto known = processes_.find(after.identity()); known != processes_.end()) known->second = record.new_span;
  spans_.insert_or_assign(record.new_span, std::move(after));
  return true;
}

void ProcessTable::take_first_exec(Span span, const Exec &exec) {
  span.program = {.exec_id = exec.record.exec_id, .image = exec.image};
  span.earlier_peak = exec.record.most_rss_so_far;
  span.start_ns = std::max(span.start_ns, start_ns_);
  span.usage.value[RUSAGE_execs]++;
  spans_.insert_or_assign(exec.record.new_span, std::move(span));
}

bool ProcessTable::take_end(const rusage_task_event &event) {
  const bool of_process = (event.flags & RUSAGE_PROCESS) != 0;
  const bool listed = (event.flags & RUSAGE_LATE) == 0;
  const auto found = find_span(event.span);
  if (listed && found == spans_.end()) return false;
  if (of_process && find_span(event.process_span) == spans_.end()) return false;
  if (listed) {
    found->second.tasks--;
    add_reading(found->second.usage, event.reading);
  }
  if (of_process) end_process(event);
  return true;
}

void ProcessTable::end_process(const rusage_task_event &event) {
  const auto found = find_span(event.process_span);
  stays_.erase(event.process_span);
  auto &[number, span] = *found;
  span.peak_rss = std::max(span.peak_rss, event.peak_rss > 0 ? std::optional<std::uint64_t>(event.peak_rss)
                                                             : peak_above(event.most_rss_so_far, span.earlier_peak));
  if (--span.stays > 0) return;  // it is back already
  span.tasks = 0;                // whatever was told of them
  span.end_ns = event.end_ns != 0 ? event.end_ns : now_ns_;
  if ((event.flags & RUSAGE_STATUS) != 0) span.exit = exit_of_status(static_cast<int>(event.status));
  span.new_tasks = new_tasks_;
  const bool moved = (event.flags & RUSAGE_MOVED) != 0;
  if (moved && processes_.contains(span.identity())) return leave(number, span);
  if (!moved) span.usage.value[RUSAGE_exits] = 1;
  over_.push_back(number);
  pass_account(span, event);
}

void ProcessTable::pass_account(const Span &span, const rusage_task_event &event) {
  if (!span.account || span.account == account_) return;
  if ((event.flags & RUSAGE_UNWAITED) == 0 && span.parents_account)
    span.account->pass_to(span.parents_account);
  else
    unwaited_processes_++;
}

void ProcessTable::leave(std::uint64_t number, const Span &span) {
  // Where something is there already, the process has executed another image since.
  auto &place = away_[span.identity()];
  if (place != 0) over_.push_back(place);
  place = number;
  if (away_.size() <= most_away) return;
  over_.push_back(away_.begin()->second);
  away_.erase(away_.begin());
}

void ProcessTable::forget(std::uint64_t number, const Span &span) {
  const auto known = processes_.find(span.identity());
  if (known != processes_.end() && known->second == number) processes_.erase(known);
}

std::vector<Process> ProcessTable::finished() {
  std::vector<Process> finished;
  std::erase_if(over_, [&](std::uint64_t number) {
    const Span &span = spans_[number];
    if (span.tasks != 0 || new_tasks_reported_ < span.new_tasks) return false;
    finished.push_back(describe(span));
    forget(number, span);
    spans_.erase(number);
    return true;
  });
  return finished;
}

std::vector<Process> ProcessTable::rest() {
  for (const Early<Exec> &exec : early_execs_) {
    const auto found = find_span(exec.event.record.old_span);
    if (found != spans_.end()) found->second.usage.value[RUSAGE_execs]++;
  }
  std::vector<std::pair<std::uint64_t, Process>> rest;
  for (const auto &[number, span] : spans_) {
    const bool lives = span.end_ns == 0;
    if (lives && span.account && span.account != account_) unwaited_processes_++;
    rest.emplace_back(number, describe(span));
  }
  std::sort(rest.begin(), rest.end(), [](const auto &a, const auto &b) { return a.first < b.first; });
  spans_.clear();
  over_.clear();
  away_.clear();
  processes_.clear();
  stays_.clear();
  std::vector<Process> processes;
  processes.reserve(rest.size());
  for (auto &[number, process] : rest) processes.push_back(std::move(process));
  return processes;
}

Process ProcessTable::describe(const Span &span) const {
  static const auto nothing = std::make_shared<const Image>();
  Process process;
  process.pid = span.pid;
  process.ppid = span.ppid;
  process.image = span.program.image ? span.program.image : nothing;
  const auto since_start = [&](std::uint64_t ns) { return static_cast<std::int64_t>(ns - start_ns_); };
  process.start_ns = since_start(span.start_ns);
  if (span.end_ns != 0) process.end_ns = since_start(span.end_ns);
  process.exit = span.exit;
  process.forked_only = span.forked && span.went_on;
  process.value = span.usage.value;
  for (std::uint64_t &value : process.value) value = at_least_zero(value);
  process.value[RUSAGE_user] = user_part(span.usage.cpu);
  process.value[RUSAGE_system] = at_least_zero(span.usage.cpu.run) - process.value[RUSAGE_user];
  for (std::size_t i = 0; i < column_count; i++) process.known[i] = columns[i].is_counter() && !span.unknown[i];
  process.peak_rss = span.peak_rss;
  process.peak_rss_predates = span.peak_rss && *span.peak_rss <= span.unrecorded_peak;
  process.children_cpu_ns = span.children_cpu_ns - std::min(span.children_cpu_ns, span.earlier_children_cpu_ns);
  process.account = span.account;
  return process;
}

}  // namespace rusage_bpf
