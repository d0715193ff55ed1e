#include "run/open_source.h"

#include <algorithm>
#include <utility>

#include "source/bpf_source.h"
#include "source/proc_source.h"
#include "target/access.h"

namespace rusage_bpf {
namespace {

// Enough for a recorder that gets no CPU for some seconds, in 2 MiB at the most.
std::uint32_t sample_ring_length(const Options &options) {
  constexpr std::uint64_t kept_ns = 10'000'000'000;
  return options.recorder_clock
             ? 0
             : static_cast<std::uint32_t>(std::clamp<std::uint64_t>(kept_ns / options.interval_ns, 128, 8192));
}

// The recorder itself cannot wake more often than that.
constexpr std::uint64_t min_interval_without_clock_ns = 1'000'000;

BpfOptions bpf_options(const Options &options) {
  return {.hold_tasks = !options.count_at_last_switch,
          .gauges_from_proc = options.gauges_from_proc,
          .checks_access = !may_trace_all(),
          .sample_ring_length = sample_ring_length(options)};
}

// BPF programs can read every process, so the user's permission is checked here. /proc checks it by itself.
Result<OpenedSource> open_best(const Options &options, const Selection &selection, const Target &target,
                               EarlyLoad early) {
  std::string reason = "--backend proc was given";
  if (options.backend != Options::Backend::proc) {
    auto bpf = target.check_may_trace().and_then(
        [&] { return BpfSource::open(selection, bpf_options(options), std::move(early)); });
    if (bpf) return OpenedSource{*std::move(bpf), {}};
    if (options.backend == Options::Backend::bpf) return tl::unexpected(bpf.error());
    reason = bpf.error().message;
  }
  auto proc = ProcSource::open(selection);
  if (!proc) return tl::unexpected(proc.error());
  return OpenedSource{*std::move(proc), std::move(reason)};
}

}  // namespace

EarlyLoad begin_loading(const Options &options) {
  const bool is_cgroup = options.attach() && !options.pid;
  if (options.backend == Options::Backend::proc || is_cgroup) return {};
  const Selection selection = options.pid ? Selection(selected::Tree()) : Selection(selected::Command());
  return EarlyLoad::begin(selection, bpf_options(options));
}

Result<OpenedSource> open_source(const Options &options, const Selection &selection, Target &target, EarlyLoad early) {
  auto opened = open_best(options, selection, target, std::move(early));
  if (!opened) return opened;
  Source &source = *opened->source;
  if (options.interval_ns < min_interval_without_clock_ns && !source.can_keep_time())
    return error(
        "rows that are less than .001 s apart need the kernel's clock, which is not to be had here; give "
        "--interval .001 or more");
  if (source.needs_subreaper()) {
    const auto reaps = target.reap_orphans([&source](auto... child) { source.before_reaping(child...); });
    if (!reaps) return tl::unexpected(reaps.error());
  }
  const auto tracks = source.track();
  // If the target has ended, that is why it could not be tracked.
  if (const auto live = target.check_live(); !live) return tl::unexpected(live.error());
  if (!tracks) return tl::unexpected(tracks.error());
  return opened;
}

}  // namespace rusage_bpf
