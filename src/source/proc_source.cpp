#include "source/proc_source.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "model/reading.h"
#include "os/clock.h"

namespace rusage_bpf {
namespace {

// The columns that no file of /proc has.
Known not_in_proc() {
  Known missing;
  for (std::size_t i = 0; i < column_count; i++) missing[i] = columns[i].sources == Column::Sources::bpf;
  return missing;
}

// In a /proc of another pid namespace, processes have other pids than here.
bool is_of_own_namespace(int proc) {
  std::array<char, 16> text{};
  const ssize_t length = readlinkat(proc, "self", text.data(), text.size());
  return length > 0 && std::string_view(text.data(), static_cast<std::size_t>(length)) == std::to_string(getpid());
}

void add_counters(const rusage_reading &reading, Values &sum) {
#define RUSAGE_SUM(name, unit, field, ...) sum[RUSAGE_##name] += reading.name;
  RUSAGE_COLUMNS(RUSAGE_NOTHING, RUSAGE_NOTHING, RUSAGE_SUM, RUSAGE_NOTHING, RUSAGE_NOTHING)
#undef RUSAGE_SUM
}

}  // namespace

Known ProcSource::unknown_of(const Tracked &tracked) {
  return ~tracked.process.known() | not_in_proc();
}

rusage_reading ProcSource::Tracked::usage() const {
  return difference(process.usage(), usage_before);
}

Result<std::unique_ptr<ProcSource>> ProcSource::open(Selection selection, const ProcOptions &options) {
  Fd proc(::open(options.proc.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!proc) return errno_error(fmt::format("recording needs {}", options.proc));
  if (!is_of_own_namespace(proc.get()))
    return error(fmt::format("recording needs a {0} of this pid namespace; run: mount -t proc proc {0}", options.proc));
  std::unique_ptr<ProcSource> source(new ProcSource(std::move(proc), std::move(selection)));
  // All processes have this list, or none.
  source->has_children_lists_ = source->reader_.list(source->proc_.get(), "thread-self/children").has_value();
  return source;
}

void ProcSource::start_counting_new_tasks() {
  new_tasks_.start(proc_.get(), reader_, monotonic_ns());
  new_tasks_found_ = 0;
}

Result<void> ProcSource::track() {
  return std::visit([this](const auto &what) { return track(what); }, selection_);
}

Result<void> ProcSource::track(const selected::Command &command) {
  command_ = command.pid;
  orphan_reaper_ = command.parent != 0 ? command.parent : getpid();
  command_and_orphans_ = fmt::format("{0}/task/{0}/children", orphan_reaper_);
  exclude_siblings_of(command_);
  Tracked *root = track_process(command_);
  if (!root) return error("the command is gone before it was recorded");
  root->awaits_first_exec = true;
  events_.found.erase(root->record);
  start_counting_new_tasks();
  return {};
}

Result<void> ProcSource::track(const selected::Tree &tree) {
  excluded_.insert(tree.excluded.begin(), tree.excluded.end());
  if (!track_process(tree.pid))
    return error(unreadable_.contains(tree.pid)
                     ? fmt::format("--pid {}: /proc hides this process from you (hidepid); run it "
                                   "as: sudo rusage-bpf ...",
                                   tree.pid)
                     : fmt::format("no process {}", tree.pid));
  find_new_processes();
  start_counting_new_tasks();
  return {};
}

Result<void> ProcSource::track(const selected::Cgroup &cgroup) {
  excluded_.insert(cgroup.excluded.begin(), cgroup.excluded.end());
  if (auto opened = open_cgroup(cgroup.path); !opened) return opened;
  find_new_processes();
  start_counting_new_tasks();
  return {};
}

Result<Sample> ProcSource::sample(bool reports_live_tasks) {
  last_poll_ns_ = std::exchange(now_ns_, monotonic_ns());
  new_tasks_.update(proc_.get(), reader_, now_ns_);
  // Parents come before children. So a child that is reaped between the two polls is in neither of them until the next
  // sample, and never in both.
  for (const auto &tracked : tracked_)
    if (tracked->process.state() != ProcProcess::State::reaped) poll(*tracked);
  assign_usage_of_gone();
  find_new_processes();
  if (reports_live_tasks) report_live_tasks();
  events_.monotonic_ns = now_ns_;
  return Sample{sum_up(), std::exchange(events_, {})};
}

Snapshot ProcSource::sum_up() const {
  Snapshot snapshot{.monotonic_ns = now_ns_, .known = known_};
  rusage_reading counters = kept_;
  std::uint64_t user_ns = kept_user_ns_;
  const auto add_usage = [&](const Tracked &tracked) {
    const rusage_reading usage = tracked.usage();
    add(counters, usage);
    user_ns += user_part(usage.cpu);
  };
  Known gauges;
  bool any_live = false;
  for (const auto &tracked : gone_) add_usage(*tracked);
  for (const auto &tracked : tracked_) {
    add_usage(*tracked);
    const ProcProcess &process = tracked->process;
    if (!process.is_live()) continue;
    any_live = true;
    gauges |= process.gauges_known();
    for (std::size_t i = 0; i < column_count; i++)
      if (columns[i].is_gauge() && process.gauges_known()[i]) snapshot.value[i] += process.gauges()[i];
  }
  add_counters(counters, snapshot.value);
  snapshot.value[RUSAGE_user] = user_ns;
  snapshot.value[RUSAGE_system] = at_least_zero(counters.cpu.run - user_ns);
  for (std::size_t i = 0; i < column_count; i++)
    if (columns[i].is_gauge()) snapshot.known[i] = gauges[i] || !any_live;
  return snapshot;
}

void ProcSource::poll(Tracked &tracked) {
  ProcProcess &process = tracked.process;
  const std::uint64_t faults = process.reaped_minor_faults();
  const std::uint64_t threads = process.threads_found();
  process.poll(reader_, monotonic_ns(), std::exchange(tracked.poll_everything, false));
  tracked.has_reaped = process.reaped_minor_faults() > faults;
  if (tracked.has_reaped) tracked.reaps_no_children = false;
  new_tasks_found_ += process.threads_found() - threads;
  known_ |= process.known();
  if (process.denied()) unreadable_.insert(process.pid());
  if (process.has_executed(tracked.awaits_first_exec)) report_exec(tracked, process.image());
  process.close_directory();
}

// The command may exit before a poll finds its exec. Then only its name is known.
void ProcSource::before_reaping(pid_t pid, int status, const KernelTotal &total) {
  Tracked *tracked = find(pid);
  if (!tracked) tracked = track_process(pid);
  if (!tracked) {
    unreadable_.insert(pid);
    rusage_reading usage{};
    usage.cpu.run = total.value[RUSAGE_user] + total.value[RUSAGE_system];
    usage.cpu.user_ticks = total.value[RUSAGE_user];
    usage.cpu.system_ticks = total.value[RUSAGE_system];
    usage.minor_faults = total.value[RUSAGE_minor_faults];
    usage.major_faults = total.value[RUSAGE_major_faults];
    keep_usage(usage);
    return;
  }
  ProcProcess &process = tracked->process;
  poll(*tracked);
  if (tracked->awaits_first_exec) report_exec(*tracked, std::make_shared<const Image>(Image{process.comm(), {}}));
  process.set_reaped(status, total);
  if (process.denied()) unreadable_.insert(pid);
}

rusage_task_event ProcSource::event_of(const Tracked &tracked, rusage_task_event_kind kind) {
  rusage_task_event event{};
  event.kind = kind;
  event.flags = RUSAGE_PROCESS;
  event.span = event.process_span = tracked.record;
  events_.unknown[tracked.record] = unknown_of(tracked);
  events_.children_cpu_ns[tracked.record] = tracked.process.children_cpu_ns();
  return event;
}

void ProcSource::report_fork(const Tracked &tracked, const Tracked *parent) {
  const ProcProcess &process = tracked.process;
  rusage_task_event event = event_of(tracked, RUSAGE_NEW);
  event.reading = tracked.usage_before;
  if (tracked.moved_in) event.flags |= RUSAGE_MOVED;
  event.parent_span = parent ? parent->record : 0;
  event.pid = static_cast<__u32>(process.pid());
  event.parent_pid = static_cast<__u32>(process.parent());
  // In /proc, the time in suspend counts.
  const std::uint64_t suspended_ns = clock_ns(CLOCK_BOOTTIME) - monotonic_ns();
  event.start_ns = process.start_ns() - suspended_ns;
  events_.tasks.push_back(event);
  events_.found[tracked.record] = process.image();
}

void ProcSource::report_exec(Tracked &tracked, std::shared_ptr<const Image> image) {
  Exec exec{};
  exec.record.old_span = std::exchange(tracked.record, ++last_record_);
  exec.record.new_span = tracked.record;
  exec.record.time_ns = monotonic_ns();
  exec.record.reading = tracked.process.own_usage();
  exec.image = std::move(image);
  exec.children_cpu_ns = tracked.process.children_cpu_ns();
  events_.unknown[exec.record.old_span] = events_.unknown[tracked.record] = unknown_of(tracked);
  events_.execs.push_back(std::move(exec));
  tracked.awaits_first_exec = false;
}

void ProcSource::report_exit(Tracked &tracked) {
  if (std::exchange(tracked.exit_is_reported, true)) return;
  rusage_task_event event = event_of(tracked, RUSAGE_GONE);
  event.reading = tracked.process.own_usage();
  if (tracked.moved_out) event.flags |= RUSAGE_MOVED;
  if (tracked.unwaited) event.flags |= RUSAGE_UNWAITED;
  if (const auto &status = tracked.process.status()) {
    event.flags |= RUSAGE_STATUS;
    event.status = static_cast<__u64>(*status);
  }
  event.peak_rss = tracked.process.peak_rss_bytes();
  events_.tasks.push_back(event);
}

// A zombie is not live, so its exit is reported before its parent reaps it.
void ProcSource::report_live_tasks() {
  for (const auto *list : {&tracked_, &gone_})
    for (const auto &tracked : *list) {
      if (!tracked->process.is_live()) {
        report_exit(*tracked);
        continue;
      }
      rusage_task_event event = event_of(*tracked, RUSAGE_LIVE);
      event.reading = tracked->process.own_usage();
      event.peak_rss = tracked->process.peak_rss_bytes();
      events_.tasks.push_back(event);
    }
}

std::string_view ProcSource::origin(rusage_column column) const {
  if (columns[column].is_time()) return "clock";
  return not_in_proc()[column] ? "none" : "proc";
}

MissedEvents ProcSource::missed_events() const {
  MissedEvents missed{.tasks = new_tasks_.count(), .unreadable_processes = unreadable_.size() + max_foreign_pids_};
  if (missed.tasks) *missed.tasks -= std::min(*missed.tasks, new_tasks_found_);
  return missed;
}

}  // namespace rusage_bpf
