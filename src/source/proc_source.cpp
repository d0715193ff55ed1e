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

// What no file of /proc tells.
Known never_known() {
  return Known().set(RUSAGE_forks).set(RUSAGE_execs).set(RUSAGE_exits);
}

// Numbers of processes mean something in a /proc of our own pid namespace alone.
bool is_of_our_namespace(int proc) {
  std::array<char, 16> text{};
  const ssize_t length = readlinkat(proc, "self", text.data(), text.size());
  return length > 0 && std::string_view(text.data(), static_cast<std::size_t>(length)) == std::to_string(getpid());
}

void add_counters(const rusage_reading &reading, Values &sum) {
#define RUSAGE_SUM(name, unit, field) sum[RUSAGE_##name] += reading.name;
  RUSAGE_COLUMNS(RUSAGE_NOTHING, RUSAGE_NOTHING, RUSAGE_SUM, RUSAGE_NOTHING, RUSAGE_NOTHING)
#undef RUSAGE_SUM
}

}  // namespace

Known ProcSource::unknown_of(const Member &member) {
  return ~member.process.known() | never_known();
}

rusage_reading ProcSource::Member::used() const {
  return difference(process.used(), before);
}

Result<std::unique_ptr<ProcSource>> ProcSource::open(Selection selection, const ProcOptions &options) {
  Fd proc(::open(options.proc.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!proc) return errno_error(fmt::format("recording needs {}", options.proc));
  if (!is_of_our_namespace(proc.get()))
    return error(fmt::format("recording needs a {0} of this pid namespace; run: mount -t proc proc {0}", options.proc));
  std::unique_ptr<ProcSource> source(new ProcSource(std::move(proc), std::move(selection)));
  // Every process has this list, or none has.
  source->has_children_lists_ = source->reader_.list(source->proc_.get(), "thread-self/children").has_value();
  return source;
}

void ProcSource::start_counting_new_tasks() {
  new_tasks_.start(proc_.get(), reader_, monotonic_ns());
  new_tasks_seen_ = 0;
}

Result<void> ProcSource::track() {
  return std::visit([this](const auto &what) { return track(what); }, selection_);
}

Result<void> ProcSource::track(const selected::Command &command) {
  command_ = command.pid;
  adopter_ = command.parent != 0 ? command.parent : getpid();
  own_children_ = fmt::format("{0}/task/{0}/children", adopter_);
  exclude_siblings_of(command_);
  Member *root = admit(command_);
  if (!root) return error("the command is gone before it was recorded");
  root->awaits_first_exec = true;
  events_.found.erase(root->span);
  start_counting_new_tasks();
  return {};
}

Result<void> ProcSource::track(const selected::Tree &tree) {
  excluded_.insert(tree.excluded.begin(), tree.excluded.end());
  if (!admit(tree.pid))
    return error(unreadable_.contains(tree.pid)
                     ? fmt::format("--pid {}: /proc hides this process from you (hidepid); run it "
                                   "as: sudo rusage-bpf ...",
                                   tree.pid)
                     : fmt::format("no process {}", tree.pid));
  find_new_members();
  start_counting_new_tasks();
  return {};
}

Result<void> ProcSource::track(const selected::Cgroup &cgroup) {
  excluded_.insert(cgroup.excluded.begin(), cgroup.excluded.end());
  if (auto opened = open_cgroup(cgroup.path); !opened) return opened;
  find_new_members();
  start_counting_new_tasks();
  return {};
}

Result<Sample> ProcSource::sample(bool reports_live_tasks) {
  last_look_ns_ = std::exchange(now_ns_, monotonic_ns());
  new_tasks_.update(proc_.get(), reader_, now_ns_);
  // Parents come before children: one that is waited for between the two is in neither, for a moment, and never in
  // both.
  for (const auto &member : members_)
    if (member->process.state() != ProcMember::State::reaped) look_at(*member);
  settle_the_gone();
  find_new_members();
  if (reports_live_tasks) report_live_tasks();
  events_.monotonic_ns = now_ns_;
  return Sample{sum_up(), std::exchange(events_, {})};
}

Snapshot ProcSource::sum_up() const {
  Snapshot snapshot{.monotonic_ns = now_ns_, .known = known_};
  rusage_reading counters = kept_;
  std::uint64_t user_ns = kept_user_ns_;
  const auto add_used = [&](const Member &member) {
    const rusage_reading used = member.used();
    add(counters, used);
    user_ns += user_part(used.cpu);
  };
  Known gauges;
  bool any_lives = false;
  for (const auto &member : gone_) add_used(*member);
  for (const auto &member : members_) {
    add_used(*member);
    if (!member->process.live()) continue;
    any_lives = true;
    gauges |= member->process.gauges_known();
    for (std::size_t i = 0; i < column_count; i++)
      if (columns[i].is_gauge() && member->process.gauges_known()[i]) snapshot.value[i] += member->process.gauges()[i];
  }
  add_counters(counters, snapshot.value);
  snapshot.value[RUSAGE_user] = user_ns;
  snapshot.value[RUSAGE_system] = at_least_zero(counters.cpu.run - user_ns);
  for (std::size_t i = 0; i < column_count; i++)
    if (columns[i].is_gauge()) snapshot.known[i] = gauges[i] || !any_lives;
  return snapshot;
}

void ProcSource::look_at(Member &member) {
  ProcMember &process = member.process;
  const std::uint64_t faults = process.reaped_minor_faults();
  const std::uint64_t threads = process.threads_found();
  process.look(reader_, monotonic_ns(), std::exchange(member.must_be_read, false));
  member.has_waited = process.reaped_minor_faults() > faults;
  if (member.has_waited) member.never_waits = false;
  new_tasks_seen_ += process.threads_found() - threads;
  known_ |= process.known();
  if (process.denied()) unreadable_.insert(process.pid());
  if (process.has_executed(member.awaits_first_exec)) tell_exec(member, process.image());
  process.close_directory();
}

// The command may be over before anybody has seen it execute anything. Then its name is all there is.
void ProcSource::before_reaping(pid_t pid, int status, const KernelTotal &total) {
  Member *member = find(pid);
  if (!member) member = admit(pid);
  if (!member) {
    unreadable_.insert(pid);
    rusage_reading used{};
    used.cpu.run = total.value[RUSAGE_user] + total.value[RUSAGE_system];
    used.cpu.user_ticks = total.value[RUSAGE_user];
    used.cpu.system_ticks = total.value[RUSAGE_system];
    used.minor_faults = total.value[RUSAGE_minor_faults];
    used.major_faults = total.value[RUSAGE_major_faults];
    keep(used);
    return;
  }
  look_at(*member);
  if (member->awaits_first_exec) tell_exec(*member, std::make_shared<const Image>(Image{member->process.comm(), {}}));
  member->process.end(status, total);
  if (member->process.denied()) unreadable_.insert(pid);
}

rusage_task_event ProcSource::event_of(const Member &member, rusage_task_event_kind kind) {
  rusage_task_event event{};
  event.kind = kind;
  event.flags = RUSAGE_PROCESS;
  event.span = event.process_span = member.span;
  events_.unknown[member.span] = unknown_of(member);
  events_.children_cpu_ns[member.span] = member.process.children_cpu_ns();
  return event;
}

void ProcSource::tell_birth(const Member &member, const Member *parent) {
  const ProcMember &process = member.process;
  rusage_task_event event = event_of(member, RUSAGE_NEW);
  event.reading = member.before;
  if (member.came_from_elsewhere) event.flags |= RUSAGE_MOVED;
  event.parent_span = parent ? parent->span : 0;
  event.pid = static_cast<__u32>(process.pid());
  event.parent_pid = static_cast<__u32>(process.parent());
  // The kernel counts from the boot on, suspends included.
  const std::uint64_t suspended_ns = clock_ns(CLOCK_BOOTTIME) - monotonic_ns();
  event.start_ns = process.start_ns() - suspended_ns;
  events_.tasks.push_back(event);
  events_.found[member.span] = process.image();
}

void ProcSource::tell_exec(Member &member, std::shared_ptr<const Image> image) {
  Exec exec{};
  exec.record.old_span = std::exchange(member.span, ++spans_);
  exec.record.new_span = member.span;
  exec.record.time_ns = monotonic_ns();
  exec.record.reading = member.process.own();
  exec.image = std::move(image);
  exec.children_cpu_ns = member.process.children_cpu_ns();
  events_.unknown[exec.record.old_span] = events_.unknown[member.span] = unknown_of(member);
  events_.execs.push_back(std::move(exec));
  member.awaits_first_exec = false;
}

void ProcSource::tell_end(Member &member) {
  if (std::exchange(member.told_end, true)) return;
  rusage_task_event event = event_of(member, RUSAGE_GONE);
  event.reading = member.process.own();
  if (member.moved_out) event.flags |= RUSAGE_MOVED;
  if (member.unwaited) event.flags |= RUSAGE_UNWAITED;
  if (const auto &status = member.process.status()) {
    event.flags |= RUSAGE_STATUS;
    event.status = static_cast<__u64>(*status);
  }
  event.peak_rss = member.process.peak_rss_bytes();
  events_.tasks.push_back(event);
}

// A zombie lives no more, though its parent has not waited for it yet.
void ProcSource::report_live_tasks() {
  for (const auto *list : {&members_, &gone_})
    for (const auto &member : *list) {
      if (!member->process.live()) {
        tell_end(*member);
        continue;
      }
      rusage_task_event event = event_of(*member, RUSAGE_LIVE);
      event.reading = member->process.own();
      event.peak_rss = member->process.peak_rss_bytes();
      events_.tasks.push_back(event);
    }
}

std::string_view ProcSource::origin(rusage_column column) const {
  if (columns[column].is_time()) return "clock";
  return never_known()[column] ? "none" : "proc";
}

MissedEvents ProcSource::missed_events() const {
  MissedEvents missed{.tasks = new_tasks_.count(), .unreadable_processes = unreadable_.size() + without_number_};
  if (missed.tasks) *missed.tasks -= std::min(*missed.tasks, new_tasks_seen_);
  return missed;
}

}  // namespace rusage_bpf
