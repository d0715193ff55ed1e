#include "source/bpf_source.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <optional>
#include <span>
#include <vector>

#include "os/clock.h"
#include "os/fd.h"
#include "os/message.h"
#include "probe/checks.h"
#include "probe/features.h"
#include "proc/files.h"
#include "rusage_bpf/sample.h"
#include "source/event_reader.h"
#include "source/kernel_side.h"
#include "source/proc_gauges.h"
#include "source/verifier_log.h"

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
Result<std::uint32_t> run(int program, const char *what_for) {
  LIBBPF_OPTS(bpf_test_run_opts, options);
  const int failure = bpf_prog_test_run_opts(program, &options);
  if (failure) return errno_error(what_for, -failure);
  return options.retval;
}

// A task that forks may be letting exited tasks go right now (bpf/sweep.h): a matter of microseconds, unless its CPU is
// taken away.
Result<void> run_tick(int program) {
  constexpr std::uint64_t patience_ns = 10 * ns_per_s;
  constexpr useconds_t pause_us = 50;
  for (const std::uint64_t give_up_ns = monotonic_ns() + patience_ns;;) {
    // Brings our own run time up to date, by which the tick sets its clock (bpf/cpu_time.h).
    timespec own{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &own);
    const auto result = run(program, "reading the counters of the tracked tasks");
    if (!result) return tl::unexpected(result.error());
    if (*result == RUSAGE_TICKED) return {};
    if (monotonic_ns() > give_up_ns) return error("the BPF programs do not let a tick in");
    usleep(pause_us);
  }
}

}  // namespace

// A BPF array of 64-bit numbers, mapped.
class BpfSource::Numbers {
 public:
  static Result<std::unique_ptr<Numbers>> map(int map, std::size_t count) {
    void *memory = mmap(nullptr, count * sizeof(std::uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);
    if (memory == MAP_FAILED) return errno_error("mapping what the BPF programs share with us");
    return std::make_unique<Numbers>(std::span(static_cast<std::uint64_t *>(memory), count));
  }

  explicit Numbers(std::span<std::uint64_t> numbers) : numbers_(numbers) {}
  Numbers(const Numbers &) = delete;
  Numbers &operator=(const Numbers &) = delete;
  ~Numbers() { munmap(numbers_.data(), numbers_.size_bytes()); }

  [[nodiscard]] std::span<std::uint64_t> get() const { return numbers_; }

 private:
  std::span<std::uint64_t> numbers_;
};

void BpfSource::Destroy::operator()(kernel_side *kernel) const {
  const std::unique_ptr<kernel_side> owned(kernel);
  owned->destroy(owned->skeleton);
}

BpfSource::BpfSource(Kernel kernel, Selection selection, const BpfOptions &way, std::unique_ptr<EventReader> events,
                     std::unique_ptr<Numbers> group_pids)
    : kernel_(std::move(kernel)),
      selection_(std::move(selection)),
      way_(way),
      events_(std::move(events)),
      group_pids_(std::move(group_pids)) {}

BpfSource::~BpfSource() = default;

// The scheduler's tick: the coarse clocks move with it. CPUs without one are brought up to date
// each second.
static std::uint64_t tick_ns() {
  timespec tick{};
  clock_getres(CLOCK_MONOTONIC_COARSE, &tick);
  const bool tickless = std::ifstream("/sys/devices/system/cpu/nohz_full").peek() >= '0';
  return tickless ? ns_per_s : static_cast<std::uint64_t>(tick.tv_nsec);
}

// The build of the kernel side that has what this way needs.
static decltype(&load_held_command) loader(TargetKind kind, const BpfOptions &way) {
  const auto either = [&way](auto held, auto unheld, auto held_of_user, auto unheld_of_user) {
    if (way.checks_access) return way.hold_tasks ? held_of_user : unheld_of_user;
    return way.hold_tasks ? held : unheld;
  };
  if (kind == TargetKind::cgroup)
    return either(load_held_cgroup, load_unheld_cgroup, load_held_cgroup_of_user, load_unheld_cgroup_of_user);
  if (kind == TargetKind::tree)
    return either(load_held_tree, load_unheld_tree, load_held_tree_of_user, load_unheld_tree_of_user);
  return either(load_held_command, load_unheld_command, load_held_command_of_user, load_unheld_command_of_user);
}

// Of an exec a CPU tells some hundred bytes, or 8 KiB where its arguments are long. This is enough for longer
// than from one look to the next even then.
static std::uint32_t exec_buffer_bytes(std::uint32_t cpus) {
  return std::bit_ceil(std::min(cpus, 4U)) << 20;
}

// No more tasks can live at once than there are numbers for them, and no more than as many die between two
// looks. Memory that nobody could ever use takes as long to get as any other.
static std::uint32_t fit_to_machine(std::uint32_t capacity) {
  std::uint32_t pid_max = 0;
  std::ifstream("/proc/sys/kernel/pid_max") >> pid_max;
  return pid_max == 0 || pid_max > capacity / 2 ? capacity : 2 * pid_max;
}

// At most; the kernel side finds out how many there are. Without /sys, which has their number, as many as any kernel
// can be built for.
static std::uint32_t most_cpus() {
  libbpf_set_print(nullptr);  // it would say that a file is missing
  const int cpus = libbpf_num_possible_cpus();
  return cpus > 0 ? static_cast<std::uint32_t>(cpus) : 8192;
}

BpfSource::Kernel BpfSource::load(const Selection &selection, const BpfOptions &way, std::span<char> log) {
  const auto *const cgroup = std::get_if<selected::Cgroup>(&selection);
  const std::uint32_t cpus = most_cpus();
  const kernel_options options{
      .capacity = way.capacity,
      .cpus = cpus,
      .exec_buffer_bytes = exec_buffer_bytes(cpus),
      .cgroup_id = cgroup ? cgroup->id : 0,
      .tick_ns = tick_ns(),
      .page_bytes = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)),
      .gauges_from_proc = way.gauges_from_proc,
      .is_root_of_namespace = geteuid() == 0,
      .log = log.data(),
      .log_bytes = static_cast<std::uint32_t>(log.size()),
  };
  auto loaded = std::make_unique<kernel_side>();
  errno = loader(kind_of(selection), way)(&options, loaded.get());
  return errno == 0 ? Kernel(loaded.release()) : nullptr;
}

std::string BpfSource::reason_against(const Selection &selection, const BpfOptions &way) {
  if (way.hold_tasks)
    if (const auto missing = missing_functions({"bpf_task_acquire", "bpf_task_release", "bpf_rdonly_cast"});
        !missing.empty())
      return fmt::format("this kernel lacks {}", fmt::join(missing, ", "));
  std::vector<char> log(std::size_t{16} << 20);  // more than a verifier ever said
  if (load(selection, way, log)) return {};
  if (std::getenv("RUSAGE_BPF_DEBUG")) say_text(log.data());
  return reason_in(log.data());
}

Result<std::unique_ptr<BpfSource>> BpfSource::open(const Selection &selection, const BpfOptions &options) {
  if (bpf_kills()) return refused(EPERM);

  // The only sure test for what a kernel allows is to try.
  BpfOptions way = options;
  way.capacity = fit_to_machine(way.capacity);
  Kernel kernel = load(selection, way);
  if (!kernel && way.hold_tasks) {
    way.hold_tasks = false;
    kernel = load(selection, way);
  }
  if (!kernel) {
    const int error_number = errno;
    return refused(error_number, reason_against(selection, way));
  }
  if (auto done = run(kernel->prepare, "learning where CPUs keep their counters"); !done)
    return tl::unexpected(done.error());
  if (way.checks_access && *kernel->access_is_readable == 0)
    return error(
        "this kernel does not say which processes are yours to look into; run it as: sudo "
        "rusage-bpf ...");
  if (*kernel->gauges_are_readable == 0 && !way.gauges_from_proc) {
    way.gauges_from_proc = true;
    kernel = load(selection, way);
    if (!kernel) return refused(errno);
  }

  std::unique_ptr<Numbers> group_pids;
  if (way.gauges_from_proc) {
    auto mapped = Numbers::map(kernel->group_pids, way.capacity);
    if (!mapped) return tl::unexpected(mapped.error());
    group_pids = std::move(*mapped);
  }
  // A command that is held back has nothing to tell before it is executed.
  auto events = EventReader::open(*kernel, kind_of(selection) != TargetKind::command);
  if (!events) return tl::unexpected(events.error());
  if (const int failure = kernel->attach(kernel->skeleton); failure < 0) return refused(errno);
  return std::unique_ptr<BpfSource>(
      new BpfSource(std::move(kernel), selection, way, *std::move(events), std::move(group_pids)));
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

Result<Sample> BpfSource::sample(bool reports_live_tasks) {
  if (const std::uint64_t moved = *kernel_->groups_moved; moved != groups_moved_) {
    groups_moved_ = moved;
    if (auto done = iterate(kernel_->track_by_cgroup); !done) return tl::unexpected(done.error());
  }
  *kernel_->report_round = reports_live_tasks ? ++report_rounds_ : 0;
  const rusage_sample &kernel = *kernel_->sample;
  do {
    if (auto done = run_tick(kernel_->tick); !done) return tl::unexpected(done.error());
    events_->read(kernel);
  } while (kernel.more_to_report != 0);

  Snapshot snapshot{.monotonic_ns = kernel.monotonic_ns,
                    .known = Known().set(),
                    .untracked_tasks = kernel.untracked_tasks,
                    .dying_tasks = kernel.dying_tasks,
                    .pending_new_tasks = kernel.pending_new_tasks,
                    .hidden_tasks = kernel.hidden_tasks};
  std::copy(std::begin(kernel.value), std::end(kernel.value), snapshot.value.begin());
  snapshot.value[RUSAGE_execs] += events_->execs();
  if (group_pids_) add_proc_gauges(group_pids_->get().first(*kernel_->listed_groups), snapshot);
  return Sample{snapshot, events_->drain()};
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
