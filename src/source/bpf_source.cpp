#include "source/bpf_source.h"

#include <bpf/bpf.h>
#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <ctime>
#include <optional>
#include <span>
#include <vector>

#include "os/clock.h"
#include "os/fd.h"
#include "probe/checks.h"
#include "proc/files.h"
#include "rusage_bpf/sample.h"
#include "source/event_reader.h"
#include "source/kernel_side.h"
#include "source/proc_gauges.h"

namespace rusage_bpf {
namespace {

// Runs an iterator over the task `tid`, or over all tasks that this pid namespace knows.
Result<void> iterate(int program, std::optional<pid_t> tid = std::nullopt) {
  bpf_iter_link_info which{};
  which.task.tid = static_cast<std::uint32_t>(tid.value_or(0));
  LIBBPF_OPTS(bpf_link_create_opts, options);
  if (tid) {
    options.iter_info = &which;
    options.iter_info_len = sizeof(which);
  }
  const Fd link(bpf_link_create(program, 0, BPF_TRACE_ITER, &options));
  const Fd iterator(link ? bpf_iter_create(link.get()) : -1);
  char unused;
  if (!iterator || read(iterator.get(), &unused, 1) < 0)
    return errno_error("looking through the tasks of this machine");
  return {};
}

std::vector<pid_t> threads_of(pid_t pid) {
  const Fd proc(open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC));
  proc::Reader reader;
  const auto threads = reader.numbers_in(proc.get(), proc::Path("", pid, "/task").c_str());
  return threads ? std::vector<pid_t>(threads->begin(), threads->end()) : std::vector{pid};
}

tl::unexpected<Error> refused(int error_number, const std::string &reason = {}) {
  return tl::unexpected(Error{.message = why_refused(error_number, reason), .errno_value = error_number});
}

// Gives what the program returns.
Result<std::uint32_t> run(int program, const char *what_for, rusage_tick_context *context = nullptr) {
  LIBBPF_OPTS(bpf_test_run_opts, options);
  options.ctx_in = context;
  options.ctx_size_in = context ? sizeof(*context) : 0;
  const int failure = bpf_prog_test_run_opts(program, &options);
  if (failure) return errno_error(what_for, -failure);
  return options.retval;
}

// For programs that return nothing of interest.
constexpr auto without_answer = [](std::uint32_t) {};

Result<void> prepare(const kernel_side &kernel) {
  return run(kernel.prepare, "learning where the kernel keeps its counters").map(without_answer);
}

// Asks the tick program for something.
Result<std::uint32_t> ask(int tick, rusage_tick_request request, const char *what_for, const SampleTimes &times = {}) {
  rusage_tick_context context{.start_ns = times.start_ns,
                              .row_ns = times.row_ns,
                              .end_ns = std::min<std::uint64_t>(times.end_ns, INT64_MAX),
                              .samples_per_row = times.samples_per_row,
                              .request = request};
  // Brings our own run time up to date, by which the programs set their clock (bpf/cpu_time.h).
  timespec own{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &own);
  return run(tick, what_for, &context);
}

// A task that forks may be releasing exited tasks right now (bpf/sweep.h): a matter of microseconds, unless its CPU is
// taken away.
Result<void> run_tick(int tick) {
  constexpr std::uint64_t patience_ns = 10 * ns_per_s;
  constexpr useconds_t pause_us = 50;
  for (const std::uint64_t give_up_ns = monotonic_ns() + patience_ns;;) {
    const auto result = ask(tick, RUSAGE_TAKE_SAMPLE, "reading the counters of the tracked tasks");
    if (!result) return tl::unexpected(result.error());
    if (*result == RUSAGE_TICKED) return {};
    if (monotonic_ns() > give_up_ns) return error("the BPF programs do not let a tick in");
    usleep(pause_us);
  }
}

}  // namespace

BpfSource::BpfSource(Kernel kernel, Selection selection, const BpfOptions &way) noexcept
    : kernel_(std::move(kernel)), selection_(std::move(selection)), way_(way) {}

BpfSource::~BpfSource() = default;

Result<std::unique_ptr<BpfSource>> BpfSource::open(const Selection &selection, const BpfOptions &options,
                                                   EarlyLoad early) {
  // The only sure test for what a kernel allows is to try.
  BpfOptions way = options;
  Kernel kernel = early.take();
  if (!kernel && bpf_kills()) return refused(EPERM);
  if (!kernel) kernel = load_kernel(selection, way);
  if (!kernel && way.hold_tasks) {
    way.hold_tasks = false;
    kernel = load_kernel(selection, way);
  }
  if (!kernel) {
    const int error_number = errno;
    return refused(error_number, reason_against(selection, way));
  }
  if (auto done = prepare(*kernel); !done) return tl::unexpected(done.error());
  if (way.checks_access && *kernel->access_is_readable == 0)
    return error(
        "this kernel does not say which processes are yours to look into; run it as: sudo "
        "rusage-bpf ...");
  if (*kernel->gauges_are_readable == 0 && !way.gauges_from_proc) {
    way.gauges_from_proc = true;
    kernel = load_kernel(selection, way);
    if (!kernel) return refused(errno);
    if (auto done = prepare(*kernel); !done) return tl::unexpected(done.error());
  }

  std::unique_ptr<BpfSource> source(new BpfSource(std::move(kernel), selection, way));
  if (auto mapped = source->map_memory(); !mapped) return tl::unexpected(mapped.error());
  if (const int failure = source->kernel_->attach(source->kernel_->skeleton); failure < 0) return refused(errno);
  return source;
}

Result<void> BpfSource::map_memory() {
  if (way_.gauges_from_proc) {
    auto mapped = MappedArray<std::uint64_t>::map(kernel_->group_pids, kernel_->capacity);
    if (!mapped) return tl::unexpected(mapped.error());
    group_pids_ = *std::move(mapped);
  }
  if (way_.sample_ring_length > 0) {
    auto mapped = MappedArray<const rusage_sample>::map(kernel_->samples, way_.sample_ring_length);
    if (!mapped) return tl::unexpected(mapped.error());
    samples_ = *std::move(mapped);
  }
  // A command that is held back does nothing before it is executed.
  auto events = EventReader::open(*kernel_, kind_of(selection_) != TargetKind::command);
  if (!events) return tl::unexpected(events.error());
  events_ = *std::move(events);
  return {};
}

Result<void> BpfSource::track() {
  return std::visit([this](const auto &what) { return track(what); }, selection_);
}

Result<void> BpfSource::track(const selected::Command &command) {
  if (auto done = iterate(kernel_->track_root, command.pid); !done) return done;
  if (*kernel_->slots_taken == 0) return error("the command is gone before it was recorded");
  return {};
}

Result<void> BpfSource::track(const selected::Tree &tree) {
  if (auto done = exclude(tree.excluded); !done) return done;
  for (std::uint64_t before = 0;; before = *kernel_->newly_tracked) {
    // Again and again as well: a thread that execs takes its process's number over.
    if (auto done = iterate(kernel_->track_root, tree.pid); !done) return done;
    if (auto done = iterate(kernel_->track_descendants); !done) return done;
    if (*kernel_->newly_tracked == 0) return error(fmt::format("no process {}", tree.pid));
    if (*kernel_->newly_tracked == before) return {};
  }
}

Result<void> BpfSource::track(const selected::Cgroup &cgroup) {
  if (auto done = exclude(cgroup.excluded); !done) return done;
  return iterate(kernel_->track_by_cgroup);
}

Result<void> BpfSource::exclude(std::span<const pid_t> processes) {
  for (const pid_t process : processes)
    for (const pid_t thread : threads_of(process))
      if (auto done = iterate(kernel_->exclude_task, thread); !done) return done;
  return {};
}

Result<void> BpfSource::track_moved_groups() {
  const std::uint64_t moved = *kernel_->groups_moved;
  if (moved == groups_moved_) return {};
  groups_moved_ = moved;
  return iterate(kernel_->track_by_cgroup);
}

Result<Sample> BpfSource::sample(bool reports_live_tasks) {
  if (auto done = track_moved_groups(); !done) return tl::unexpected(done.error());
  *kernel_->report_round = reports_live_tasks ? ++report_rounds_ : 0;
  const rusage_sample &sample = *kernel_->sample;
  do {
    if (auto done = run_tick(kernel_->tick); !done) return tl::unexpected(done.error());
    events_->read(sample, false);
  } while (sample.more_to_report != 0);
  return take(sample);
}

// With the events that were read since this was done last.
Sample BpfSource::take(const rusage_sample &sample) {
  Snapshot snapshot{.monotonic_ns = sample.monotonic_ns,
                    .known = Known().set(),
                    .untracked_tasks = sample.untracked_tasks,
                    .dying_tasks = sample.dying_tasks,
                    .pending_new_tasks = sample.pending_new_tasks,
                    .hidden_tasks = sample.hidden_tasks};
  std::copy(std::begin(sample.value), std::end(sample.value), snapshot.value.begin());
  snapshot.value[RUSAGE_execs] += events_->execs();
  if (way_.gauges_from_proc) add_proc_gauges(group_pids_.get().first(*kernel_->listed_groups), snapshot);
  return Sample{snapshot, events_->drain()};
}

// Memory and descriptors that come from /proc have to be read at the sample's own time.
bool BpfSource::can_keep_time() const {
  return !samples_.get().empty() && !way_.gauges_from_proc;
}

bool BpfSource::start_clock(const SampleTimes &times) {
  if (!can_keep_time()) return false;
  const auto started = ask(kernel_->tick, RUSAGE_START_CLOCK, "starting the kernel's clock", times);
  return started && *started == RUSAGE_TICKED;
}

Result<void> BpfSource::stop_clock() {
  return ask(kernel_->tick, RUSAGE_STOP_CLOCK, "stopping the kernel's clock").map(without_answer);
}

// The clock itself may have begun it by now.
Result<void> BpfSource::take_due_sample() {
  return ask(kernel_->tick, RUSAGE_TAKE_DUE_SAMPLE, "taking a sample that is late").map(without_answer);
}

std::uint64_t BpfSource::clock_cpu_ns() const {
  return kernel_->sample->clock_cpu_ns;
}

Result<std::optional<Sample>> BpfSource::next_sample() {
  const std::uint64_t position = *kernel_->samples_read;
  const std::uint64_t waiting = std::atomic_ref(*kernel_->samples_written).load(std::memory_order_acquire) - position;
  if (auto done = get_ready_for_next_samples(); !done) return tl::unexpected(done.error());
  if (waiting == 0) return std::nullopt;
  const rusage_sample &sample = samples_.get()[position % samples_.get().size()];
  events_->read(sample, waiting > 1);
  const Sample taken = take(sample);
  std::atomic_ref(*kernel_->samples_read).store(position + 1, std::memory_order_release);
  return taken;
}

// Between two readings the clocks drift apart by some 50 ns a millisecond.
Result<void> BpfSource::get_ready_for_next_samples() {
  constexpr std::uint64_t clock_age_ns = 50'000'000;
  if (auto done = track_moved_groups(); !done) return done;
  const std::uint64_t now_ns = monotonic_ns();
  if (now_ns - clock_read_ns_ < clock_age_ns) return {};
  clock_read_ns_ = now_ns;
  return ask(kernel_->tick, RUSAGE_READ_CLOCK, "reading the clock").map(without_answer);
}

std::string_view BpfSource::origin(rusage_column column) const {
  if (columns[column].is_time()) return "clock";
  const bool memory_or_descriptors = column == RUSAGE_rss || column == RUSAGE_vms || column == RUSAGE_num_fds;
  return way_.gauges_from_proc && memory_or_descriptors ? "proc" : "bpf";
}

// How often the kernel has skipped a program: see bpf/rusage.bpf.c.
static std::uint64_t times_skipped(int program) {
  bpf_prog_info info{};
  std::uint32_t length = sizeof(info);
  return bpf_obj_get_info_by_fd(program, &info, &length) == 0 ? info.recursion_misses : 0;
}

MissedEvents BpfSource::missed_events() const {
  std::uint64_t lost = *kernel_->execs_lost;
  // An exec is lost if both programs were skipped: at most as often as either was.
  lost += std::min(times_skipped(kernel_->on_exec), times_skipped(kernel_->on_exec_again));
  if (kernel_->on_move != 0) lost += times_skipped(kernel_->on_move);
  return {.events_lost = lost,
          .tasks = 0,
          .unlisted_tasks = kernel_->sample->unlisted_tasks,
          .untraceable_tasks = kernel_->sample->untraceable_tasks};
}

}  // namespace rusage_bpf
