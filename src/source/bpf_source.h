// Samples by BPF: exact, and at a cost that grows with the tree alone. See bpf/rusage.bpf.c.
#pragma once

#include <sys/types.h>

#include <memory>
#include <span>
#include <string>

#include "model/selection.h"
#include "source/source.h"

struct kernel_side;  // the loaded programs, which only bpf_source.cpp knows

namespace rusage_bpf {

class EventReader;

struct BpfOptions {
  std::uint32_t capacity = 131072;  // tasks alive at once, and dead ones until the next sample
  bool hold_tasks = true;           // false: count the dead at their last switch, as on old kernels
  bool gauges_from_proc = false;    // true: memory and descriptors as on kernels not known to us
  // true: tasks that the recorder's user could not trace are not reported, only counted.
  bool checks_access = false;
};

class BpfSource final : public Source {
 public:
  // Loads the programs and attaches them. Fails where the kernel lacks what we need or
  // refuses it to us, and then says what to do.
  static Result<std::unique_ptr<BpfSource>> open(const Selection &selection, const BpfOptions &options = {});
  // Why the kernel refuses this way of recording, in one line, found by trying it; empty where it does not say, or does
  // not refuse it.
  static std::string reason_against(const Selection &selection, const BpfOptions &way = {});
  ~BpfSource() override;

  [[nodiscard]] std::string_view name() const override { return "bpf"; }
  Result<void> track() override;

  // Whether the dead are held until the next sample, the better of the two ways.
  [[nodiscard]] bool holds_tasks() const { return way_.hold_tasks; }

  Result<Sample> sample(bool reports_live_tasks = false) override;
  [[nodiscard]] std::string_view origin(rusage_column column) const override;
  [[nodiscard]] MissedEvents missed_events() const override;
  [[nodiscard]] bool needs_proc_of_others() const override { return way_.gauges_from_proc; }

 private:
  struct Destroy {
    void operator()(::kernel_side *kernel) const;
  };
  using Kernel = std::unique_ptr<::kernel_side, Destroy>;
  class Numbers;
  BpfSource(Kernel kernel, Selection selection, const BpfOptions &way, std::unique_ptr<EventReader> events,
            std::unique_ptr<Numbers> group_pids);
  static Kernel load(const Selection &selection, const BpfOptions &way, std::span<char> log = {});
  Result<void> track(const selected::Command &command);
  Result<void> track(const selected::Tree &tree);
  Result<void> track(const selected::Cgroup &cgroup);
  Result<void> exclude(std::span<const pid_t> processes);

  Kernel kernel_;
  Selection selection_;
  BpfOptions way_;  // the one this kernel allows
  std::unique_ptr<EventReader> events_;
  std::uint32_t report_rounds_ = 0;
  std::uint64_t groups_moved_ = 0;       // of which the other threads were looked after
  std::unique_ptr<Numbers> group_pids_;  // where gauges come from /proc
};

}  // namespace rusage_bpf
