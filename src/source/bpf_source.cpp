#include "source/bpf_source.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <ctime>

#include <cstdarg>
#include <cstdlib>
#include <fstream>
#include <numeric>
#include <optional>
#include <span>

#include "os/clock.h"
#include "os/fd.h"
#include "os/privileges.h"
#include "rusage_bpf/sample.h"
#include "rusage_kernel.skel.h"
#include "source/proc_gauges.h"

namespace rusage_bpf {
namespace {

// libbpf's own words are for developers: shown where RUSAGE_BPF_DEBUG is set.
int print_libbpf(libbpf_print_level, const char *format, std::va_list arguments) {
  static const bool wanted = std::getenv("RUSAGE_BPF_DEBUG") != nullptr;
  return wanted ? std::vfprintf(stderr, format, arguments) : 0;
}

Result<void> check_requirements() {
  if (!has_capability(CAP_SYS_ADMIN) && !(has_capability(CAP_BPF) && has_capability(CAP_PERFMON)))
    return error(
        "recording with BPF needs root, or the capabilities CAP_BPF and CAP_PERFMON; "
        "run it as: sudo rusage-bpf ...");
  if (access("/sys/kernel/btf/vmlinux", R_OK) != 0)
    return errno_error(
        "this kernel does not describe its types (it needs CONFIG_DEBUG_INFO_BTF=y): "
        "/sys/kernel/btf/vmlinux");
  return {};
}

// Runs an iterator over the task `tid`, or over all tasks that this pid namespace knows.
Result<void> iterate(const bpf_program *program, std::optional<pid_t> tid = std::nullopt) {
  bpf_iter_link_info which{};
  which.task.tid = static_cast<std::uint32_t>(tid.value_or(0));
  LIBBPF_OPTS(bpf_iter_attach_opts, options);
  if (tid) {
    options.link_info = &which;
    options.link_info_len = sizeof(which);
  }
  const std::unique_ptr<bpf_link, int (*)(bpf_link *)> link(
      bpf_program__attach_iter(program, &options), bpf_link__destroy);
  const Fd iterator(link ? bpf_iter_create(bpf_link__fd(link.get())) : -1);
  char unused;
  if (!iterator || read(iterator.get(), &unused, 1) < 0)
    return errno_error(fmt::format("running {}", bpf_program__name(program)));
  return {};
}

tl::unexpected<Error> refused(int error_number) {
  utsname kernel{};
  uname(&kernel);
  // Before 6.4, libbpf asks the kernel what only root may know.
  const char *advice =
      has_capability(CAP_SYS_ADMIN)
          ? "6.1 or later is needed; RUSAGE_BPF_DEBUG=1 shows its reasons"
          : "this kernel may need more than CAP_BPF and CAP_PERFMON; try it as root";
  return errno_error(fmt::format("Linux {} refuses the BPF programs ({})", kernel.release, advice),
                     error_number);
}

Result<void> run(const bpf_program *program) {
  LIBBPF_OPTS(bpf_test_run_opts, options);
  const int failure = bpf_prog_test_run_opts(bpf_program__fd(program), &options);
  if (failure) return errno_error(fmt::format("running {}", bpf_program__name(program)), -failure);
  return {};
}

}  // namespace

// A BPF array of 64-bit numbers, mapped.
class BpfSource::Numbers {
 public:
  static Result<std::unique_ptr<Numbers>> map(const bpf_map *map) {
    const std::size_t count = bpf_map__max_entries(map);
    void *memory = mmap(nullptr, count * sizeof(std::uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED,
                        bpf_map__fd(map), 0);
    if (memory == MAP_FAILED) return errno_error(fmt::format("mapping {}", bpf_map__name(map)));
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

void BpfSource::Destroy::operator()(rusage_kernel *kernel) const {
  rusage_kernel__destroy(kernel);
}

BpfSource::BpfSource(Kernel kernel, const BpfOptions &way, std::unique_ptr<Numbers> group_pids)
    : kernel_(std::move(kernel)), way_(way), group_pids_(std::move(group_pids)) {}

BpfSource::~BpfSource() = default;

// The scheduler's tick: the coarse clocks move with it. CPUs without one are brought up to date
// each second.
static std::uint64_t tick_ns() {
  timespec tick{};
  clock_getres(CLOCK_MONOTONIC_COARSE, &tick);
  const bool tickless = std::ifstream("/sys/devices/system/cpu/nohz_full").peek() >= '0';
  return tickless ? ns_per_s : static_cast<std::uint64_t>(tick.tv_nsec);
}

BpfSource::Kernel BpfSource::load(const BpfOptions &way) {
  Kernel kernel(rusage_kernel__open());
  if (!kernel) return nullptr;
  kernel->rodata->hold_tasks = way.hold_tasks;
  kernel->rodata->gauges_from_proc = way.gauges_from_proc;
  kernel->rodata->capacity = way.capacity;
  kernel->rodata->cgroup_id = way.cgroup_id;
  kernel->rodata->cpus = static_cast<std::uint32_t>(libbpf_num_possible_cpus());
  kernel->rodata->tick_ns = tick_ns();
  kernel->rodata->page_bytes = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));

  bpf_map__set_max_entries(kernel->maps.slots, way.capacity);
  bpf_map__set_max_entries(kernel->maps.free_slots, way.capacity);
  bpf_map__set_max_entries(kernel->maps.walk_order, way.capacity);
  bpf_map__set_max_entries(kernel->maps.cpu_offset, kernel->rodata->cpus);
  if (!way.hold_tasks || way.cgroup_id != 0)
    bpf_map__set_max_entries(kernel->maps.finals, way.capacity);
  if (way.cgroup_id != 0) bpf_map__set_max_entries(kernel->maps.arrivals, way.capacity);
  if (way.gauges_from_proc) bpf_map__set_max_entries(kernel->maps.group_pids, way.capacity);

  bpf_program__set_autoload(kernel->progs.tick_held, way.hold_tasks);
  bpf_program__set_autoload(kernel->progs.tick_unheld, !way.hold_tasks);
  bpf_program__set_autoload(kernel->progs.on_last_switch, !way.hold_tasks);
  const auto &programs = kernel->progs;
  for (bpf_program *one : {programs.on_birth, programs.enter_root, programs.enter_descendants})
    bpf_program__set_autoload(one, way.cgroup_id == 0);
  for (bpf_program *one : {programs.on_birth_in_cgroup, programs.on_move, programs.enter_by_cgroup})
    bpf_program__set_autoload(one, way.cgroup_id != 0);
  for (bpf_program *iterator : {programs.enter_root, programs.enter_descendants,
                                programs.enter_by_cgroup, programs.leave_out})
    bpf_program__set_autoattach(iterator, false);
  const int failure = rusage_kernel__load(kernel.get());
  if (failure) kernel.reset();
  errno = -failure;
  return kernel;
}

Result<std::unique_ptr<BpfSource>> BpfSource::open(const BpfOptions &options) {
  libbpf_set_print(print_libbpf);
  if (auto met = check_requirements(); !met) return tl::unexpected(met.error());

  // The only sure test for what a kernel allows is to try.
  BpfOptions way = options;
  Kernel kernel = load(way);
  if (!kernel && way.hold_tasks) {
    way.hold_tasks = false;
    kernel = load(way);
  }
  if (!kernel) return refused(errno);
  if (auto done = run(kernel->progs.prepare); !done) return tl::unexpected(done.error());
  if (!kernel->bss->gauges_are_readable && !way.gauges_from_proc) {
    way.gauges_from_proc = true;
    kernel = load(way);
    if (!kernel) return refused(errno);
  }

  const auto free_slots = Numbers::map(kernel->maps.free_slots);
  if (!free_slots) return tl::unexpected(free_slots.error());
  const auto slots = (*free_slots)->get();
  std::iota(slots.begin(), slots.end(), std::uint64_t{0});
  kernel->bss->queue.freed = way.capacity;

  std::unique_ptr<Numbers> group_pids;
  if (way.gauges_from_proc) {
    auto mapped = Numbers::map(kernel->maps.group_pids);
    if (!mapped) return tl::unexpected(mapped.error());
    group_pids = std::move(*mapped);
  }
  if (const int failure = rusage_kernel__attach(kernel.get()); failure) return refused(-failure);
  return std::unique_ptr<BpfSource>(new BpfSource(std::move(kernel), way, std::move(group_pids)));
}

Result<void> BpfSource::enter(pid_t pid) {
  if (auto done = iterate(kernel_->progs.enter_root, pid); !done) return done;
  if (kernel_->bss->queue.taken == 0) return error("the command is gone before it was recorded");
  return {};
}

Result<void> BpfSource::enter_tree(pid_t pid, std::span<const pid_t> left_out) {
  if (auto done = leave_out(left_out); !done) return done;
  for (std::uint64_t before = 0;; before = kernel_->bss->entered) {
    // Again and again as well: a thread that execs takes its process's number over.
    if (auto done = iterate(kernel_->progs.enter_root, pid); !done) return done;
    if (auto done = iterate(kernel_->progs.enter_descendants); !done) return done;
    if (kernel_->bss->entered == 0) return error(fmt::format("no process {}", pid));
    if (kernel_->bss->entered == before) return {};
  }
}

Result<void> BpfSource::enter_cgroup(std::span<const pid_t> left_out) {
  if (auto done = leave_out(left_out); !done) return done;
  return iterate(kernel_->progs.enter_by_cgroup);
}

Result<void> BpfSource::leave_out(std::span<const pid_t> outsiders) {
  for (const pid_t outsider : outsiders)
    if (auto done = iterate(kernel_->progs.leave_out, outsider); !done) return done;
  return {};
}

Result<Snapshot> BpfSource::look() {
  if (const std::uint64_t moved = kernel_->bss->groups_moved; moved != groups_moved_) {
    groups_moved_ = moved;
    if (auto done = iterate(kernel_->progs.enter_by_cgroup); !done)
      return tl::unexpected(done.error());
  }
  // Brings our own run time up to date, by which the tick sets its clock (bpf/cpu_time.h).
  timespec own{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &own);
  LIBBPF_OPTS(bpf_test_run_opts, options);
  const bpf_program *tick = way_.hold_tasks ? kernel_->progs.tick_held : kernel_->progs.tick_unheld;
  if (const int failure = bpf_prog_test_run_opts(bpf_program__fd(tick), &options); failure)
    return errno_error("reading the counters of the tracked tasks", -failure);

  const rusage_sample &sample = kernel_->bss->sample;
  Snapshot snapshot{.monotonic_ns = sample.monotonic_ns,
                    .known = Known().set(),
                    .untracked_tasks = sample.untracked_tasks,
                    .dying_tasks = sample.dying_tasks,
                    .pending_births = sample.pending_births};
  std::copy(std::begin(sample.value), std::end(sample.value), snapshot.value.begin());
  if (group_pids_) add_proc_gauges(group_pids_->get().first(kernel_->bss->listed_groups), snapshot);
  return snapshot;
}

std::string_view BpfSource::origin(rusage_column column) const {
  if (columns[column].kind == Column::Kind::time) return "clock";
  const bool memory_or_descriptors =
      column == RUSAGE_rss || column == RUSAGE_vms || column == RUSAGE_num_fds;
  return way_.gauges_from_proc && memory_or_descriptors ? "proc" : "bpf";
}

std::uint64_t BpfSource::events_lost() const {
  std::uint64_t lost = 0;
  bpf_program *program;
  bpf_object__for_each_program(program, kernel_->obj) {
    bpf_prog_info info{};
    std::uint32_t length = sizeof(info);
    if (bpf_program__fd(program) >= 0 &&
        bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &length) == 0)
      lost += info.recursion_misses;
  }
  return lost;
}

}  // namespace rusage_bpf
