#include "source/bpf_source.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <sys/capability.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <ctime>

#include <cstdarg>
#include <cstdlib>
#include <numeric>
#include <span>

#include "os/fd.h"
#include "rusage_bpf/sample.h"
#include "rusage_kernel.skel.h"

namespace rusage_bpf {
namespace {

// libbpf's own words are for developers: shown where RUSAGE_BPF_DEBUG is set.
int print_libbpf(libbpf_print_level, const char *format, std::va_list arguments) {
  static const bool wanted = std::getenv("RUSAGE_BPF_DEBUG") != nullptr;
  return wanted ? std::vfprintf(stderr, format, arguments) : 0;
}

bool has_capability(cap_value_t capability) {
  const std::unique_ptr<std::remove_pointer_t<cap_t>, int (*)(void *)> mine(cap_get_proc(),
                                                                            cap_free);
  cap_flag_value_t value = CAP_CLEAR;
  return mine && cap_get_flag(mine.get(), capability, CAP_EFFECTIVE, &value) == 0 &&
         value == CAP_SET;
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

tl::unexpected<Error> refused(int error_number) {
  utsname kernel{};
  uname(&kernel);
  return errno_error(fmt::format("Linux {} refuses the BPF programs (6.1 or later is needed; "
                                 "RUSAGE_BPF_DEBUG=1 shows its reasons)",
                                 kernel.release),
                     error_number);
}

Result<void> run(const bpf_program *program) {
  LIBBPF_OPTS(bpf_test_run_opts, options);
  const int failure = bpf_prog_test_run_opts(bpf_program__fd(program), &options);
  if (failure) return errno_error(fmt::format("running {}", bpf_program__name(program)), -failure);
  return {};
}

// All slots are free at first.
Result<void> fill_free_slots(const bpf_map *map, std::uint32_t capacity) {
  const std::size_t bytes = capacity * sizeof(std::uint64_t);
  void *memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);
  if (memory == MAP_FAILED) return errno_error("mapping the BPF programs' free slots");
  const std::span slots(static_cast<std::uint64_t *>(memory), capacity);
  std::iota(slots.begin(), slots.end(), std::uint64_t{0});
  munmap(memory, bytes);
  return {};
}

rusage_kernel *load(const BpfOptions &options) {
  rusage_kernel *kernel = rusage_kernel__open();
  if (!kernel) return nullptr;
  kernel->rodata->hold_tasks = options.hold_tasks;
  kernel->rodata->capacity = options.capacity;
  kernel->rodata->cpus = static_cast<std::uint32_t>(libbpf_num_possible_cpus());
  kernel->rodata->page_bytes = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));

  bpf_map__set_max_entries(kernel->maps.slots, options.capacity);
  bpf_map__set_max_entries(kernel->maps.free_slots, options.capacity);
  bpf_map__set_max_entries(kernel->maps.walk_order, options.capacity);
  bpf_map__set_max_entries(kernel->maps.cpu_offset, kernel->rodata->cpus);
  if (!options.hold_tasks) bpf_map__set_max_entries(kernel->maps.finals, options.capacity);

  bpf_program__set_autoload(kernel->progs.tick_held, options.hold_tasks);
  bpf_program__set_autoload(kernel->progs.tick_unheld, !options.hold_tasks);
  bpf_program__set_autoload(kernel->progs.on_last_switch, !options.hold_tasks);
  bpf_program__set_autoattach(kernel->progs.enter, false);
  if (rusage_kernel__load(kernel) == 0) return kernel;

  const int failure = errno;
  rusage_kernel__destroy(kernel);
  errno = failure;
  return nullptr;
}

}  // namespace

void BpfSource::Destroy::operator()(rusage_kernel *kernel) const {
  rusage_kernel__destroy(kernel);
}

BpfSource::BpfSource(std::unique_ptr<rusage_kernel, Destroy> kernel, int tick_fd)
    : kernel_(std::move(kernel)), tick_fd_(tick_fd) {}

BpfSource::~BpfSource() = default;

Result<std::unique_ptr<BpfSource>> BpfSource::open(const BpfOptions &options) {
  libbpf_set_print(print_libbpf);
  if (auto met = check_requirements(); !met) return tl::unexpected(met.error());

  BpfOptions way = options;
  std::unique_ptr<rusage_kernel, Destroy> kernel(load(way));
  if (!kernel && way.hold_tasks) {
    // The only sure test for what holding tasks needs is to try; older kernels have the other way.
    way.hold_tasks = false;
    kernel.reset(load(way));
  }
  if (!kernel) return refused(errno);

  if (auto filled = fill_free_slots(kernel->maps.free_slots, way.capacity); !filled)
    return tl::unexpected(filled.error());
  kernel->bss->queue.freed = way.capacity;
  if (auto learnt = run(kernel->progs.learn_cpu_offsets); !learnt)
    return tl::unexpected(learnt.error());
  if (const int failure = rusage_kernel__attach(kernel.get()); failure) return refused(-failure);

  const int tick_fd =
      bpf_program__fd(way.hold_tasks ? kernel->progs.tick_held : kernel->progs.tick_unheld);
  return std::unique_ptr<BpfSource>(new BpfSource(std::move(kernel), tick_fd));
}

Result<void> BpfSource::enter(pid_t pid) {
  bpf_iter_link_info one{};
  one.task.tid = static_cast<std::uint32_t>(pid);
  LIBBPF_OPTS(bpf_iter_attach_opts, options, .link_info = &one, .link_info_len = sizeof(one));
  const std::unique_ptr<bpf_link, int (*)(bpf_link *)> link(
      bpf_program__attach_iter(kernel_->progs.enter, &options), bpf_link__destroy);
  if (!link) return errno_error("entering the command in the tracked tree");
  const Fd iterator(bpf_iter_create(bpf_link__fd(link.get())));
  char unused;
  if (!iterator || read(iterator.get(), &unused, 1) < 0)
    return errno_error("entering the command in the tracked tree");
  if (kernel_->bss->queue.taken == 0) return error("the command is gone before it was recorded");
  return {};
}

Result<Snapshot> BpfSource::look() {
  // Brings our own run time up to date, by which the tick sets its clock (bpf/cpu_time.h).
  timespec own{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &own);
  LIBBPF_OPTS(bpf_test_run_opts, options);
  if (const int failure = bpf_prog_test_run_opts(tick_fd_, &options); failure)
    return errno_error("reading the counters of the tracked tasks", -failure);

  const rusage_sample &sample = kernel_->bss->sample;
  Snapshot snapshot{.monotonic_ns = sample.monotonic_ns,
                    .known = Known().set(),
                    .untracked_tasks = sample.untracked_tasks,
                    .dying_tasks = sample.dying_tasks,
                    .pending_births = sample.pending_births};
  std::copy(std::begin(sample.value), std::end(sample.value), snapshot.value.begin());
  return snapshot;
}

std::string_view BpfSource::origin(rusage_column column) const {
  return columns[column].kind == Column::Kind::time ? "clock" : "bpf";
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
