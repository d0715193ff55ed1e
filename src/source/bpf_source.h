// Samples by BPF: exact, and at a cost that grows with the tree alone. See bpf/rusage.bpf.c.
#pragma once

#include <sys/types.h>

#include <memory>
#include <span>
#include <string>

#include "model/selection.h"
#include "rusage_bpf/sample.h"
#include "source/early_load.h"
#include "source/load_kernel.h"
#include "source/mapped_array.h"
#include "source/source.h"

namespace rusage_bpf {

class EventReader;

class BpfSource final : public Source {
 public:
  // Loads the programs and attaches them. Fails where the kernel lacks what we need or
  // refuses it to us, and then says what to do. `early` may have them loaded with these options.
  static Result<std::unique_ptr<BpfSource>> open(const Selection &selection, const BpfOptions &options = {},
                                                 EarlyLoad early = {});
  ~BpfSource() override;

  [[nodiscard]] std::string_view name() const override { return "bpf"; }
  Result<void> track() override;

  // Whether the dead are held until the next sample, the better of the two ways.
  [[nodiscard]] bool holds_tasks() const { return way_.hold_tasks; }

  Result<Sample> sample(bool reports_live_tasks = false) override;
  [[nodiscard]] bool can_keep_time() const override;
  bool start_clock(const SampleTimes &times) override;
  Result<void> stop_clock() override;
  Result<void> take_due_sample() override;
  [[nodiscard]] std::uint64_t clock_cpu_ns() const override;
  Result<std::optional<Sample>> next_sample() override;
  [[nodiscard]] std::string_view origin(rusage_column column) const override;
  [[nodiscard]] MissedEvents missed_events() const override;
  [[nodiscard]] bool needs_proc_of_others() const override { return way_.gauges_from_proc; }

 private:
  BpfSource(Kernel kernel, Selection selection, const BpfOptions &way) noexcept;
  Result<void> map_memory();
  Result<void> track(const selected::Command &command);
  Result<void> track(const selected::Tree &tree);
  Result<void> track(const selected::Cgroup &cgroup);
  Result<void> exclude(std::span<const pid_t> processes);
  Result<void> track_moved_groups();
  Result<void> get_ready_for_next_samples();
  Sample take(const rusage_sample &sample);

  Kernel kernel_;
  Selection selection_;
  BpfOptions way_;  // the one this kernel allows
  std::unique_ptr<EventReader> events_;
  std::uint32_t report_rounds_ = 0;
  std::uint64_t groups_moved_ = 0;         // of which the other threads were tracked
  MappedArray<std::uint64_t> group_pids_;  // where gauges come from /proc; else empty
  std::uint64_t clock_read_ns_ = 0;
  MappedArray<const rusage_sample> samples_;  // of the kernel's clock
};

}  // namespace rusage_bpf
