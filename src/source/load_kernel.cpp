#include "source/load_kernel.h"

#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <vector>

#include "os/clock.h"
#include "os/message.h"
#include "probe/features.h"
#include "source/kernel_side.h"
#include "source/verifier_log.h"

namespace rusage_bpf {

void DestroyKernel::operator()(kernel_side *kernel) const {
  const std::unique_ptr<kernel_side> owned(kernel);
  owned->destroy(owned->skeleton);
}

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

// The record of an exec takes some hundred bytes, or 8 KiB where the arguments are long. Even then this is enough for
// what a CPU executes from one sample to the next.
static std::uint32_t exec_buffer_bytes(std::uint32_t cpus) {
  return std::bit_ceil(std::min(cpus, 4U)) << 20;
}

// No more tasks can be live than there are pids. Few more have exited since the last sample: from some hundred on, each
// fork releases some (bpf/sweep.h). Memory that nothing can use takes as long to get as any other.
static std::uint32_t fit_to_machine(std::uint32_t capacity) {
  std::uint32_t pid_max = 0;
  std::ifstream("/proc/sys/kernel/pid_max") >> pid_max;
  return pid_max == 0 || pid_max > capacity / 2 ? capacity : pid_max + pid_max / 4;
}

// At most; the kernel side finds out how many there are. Without /sys, which has their number, as many as any kernel
// can be built for.
static std::uint32_t most_cpus() {
  libbpf_set_print(nullptr);  // it would say that a file is missing
  const int cpus = libbpf_num_possible_cpus();
  return cpus > 0 ? static_cast<std::uint32_t>(cpus) : 8192;
}

Kernel load_kernel(const Selection &selection, const BpfOptions &way, std::span<char> log) {
  const auto *const cgroup = std::get_if<selected::Cgroup>(&selection);
  const std::uint32_t cpus = most_cpus();
  const kernel_options options{
      .capacity = fit_to_machine(way.capacity),
      .cpus = cpus,
      .exec_buffer_bytes = exec_buffer_bytes(cpus),
      .sample_ring_length = std::max(way.sample_ring_length, 1U),
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

std::string reason_against(const Selection &selection, const BpfOptions &way) {
  if (way.hold_tasks)
    if (const auto missing = missing_functions({"bpf_task_acquire", "bpf_task_release", "bpf_rdonly_cast"});
        !missing.empty())
      return fmt::format("this kernel lacks {}", fmt::join(missing, ", "));
  std::vector<char> log(std::size_t{16} << 20);  // more than a verifier ever said
  if (load_kernel(selection, way, log)) return {};
  if (std::getenv("RUSAGE_BPF_DEBUG")) say_text(log.data());
  return reason_in(log.data());
}

}  // namespace rusage_bpf
