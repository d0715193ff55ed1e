#include "doctor/doctor.h"

#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <memory>

#include "os/clock.h"
#include "probe/checks.h"
#include "source/bpf_source.h"

namespace rusage_bpf {
namespace {

std::string kernel_name() {
  utsname kernel{};
  uname(&kernel);
  return std::string("Linux ") + kernel.release + " " + kernel.machine;
}

// Tries one kind of recording, up to the point where it would need a target.
Check way_check(const char *name, const Selection &selection) {
  const auto source = BpfSource::open(selection);
  if (source) return {name, "its programs are loaded and attached"};
  Check check = programs_refused(name, source.error().errno_value, reason_against(selection));
  check.state = Check::State::limits;
  return check;
}

Check dead_check(const BpfSource &source) {
  constexpr auto name = "counting exited tasks";
  if (source.holds_tasks()) return {name, "held until the next sample"};
  const std::string reason = reason_against(selected::Command{});
  return {name,
          fmt::format("exact, at a program's cost on every switch of the machine, as tasks cannot be held: {}",
                      reason.empty() ? "the kernel does not say why" : reason),
          Check::State::limits,
          {{"", "nothing would help here; another kernel may let BPF hold tasks"}}};
}

Check gauges_check(const BpfSource &source) {
  constexpr auto name = "memory, descriptors";
  if (!source.needs_proc_of_others()) return {name, "read by BPF"};
  return {name,
          "read from /proc, where what processes share counts for each",
          Check::State::limits,
          {{"",
            "nothing would help here: this kernel's counters of memory have a shape that is "
            "not known"}}};
}

// The clock ends with the source.
Check clock_check(BpfSource &source) {
  constexpr auto name = "kernel's clock";
  if (source.start_clock({.start_ns = monotonic_ns(), .row_ns = 3600 * ns_per_s}))
    return {name, "a timer in the kernel takes the samples"};
  return {name,
          "refused: the recorder takes the samples, which are late if it gets no CPU",
          Check::State::limits,
          {{"", "nothing would help here; another kernel may let BPF programs start timers"}}};
}

// Tries to record a command, which decides: after that, a check has the state `stops` only if recording does not work.
void try_recording(std::vector<Check> &checks) {
  constexpr auto name = "recording a command";
  auto source = BpfSource::open(selected::Command{});
  if (!source) {
    checks.push_back(first_that_stops(checks)
                         ? Check{name, "refused, for the above", Check::State::unknown}
                         : programs_refused(name, source.error().errno_value,
                                            reason_against(selected::Command{}, {.hold_tasks = false})));
    return;
  }
  for (Check &check : checks)
    if (check.state == Check::State::stops) check.state = Check::State::unknown;
  checks.push_back({name, "its programs are loaded and attached"});
  checks.push_back(dead_check(**source));
  checks.push_back(gauges_check(**source));
  checks.push_back(clock_check(**source));
  source->reset();
  checks.push_back(way_check("recording --pid", selected::Tree{}));
  checks.push_back(way_check("recording --cgroup", selected::Cgroup{}));
}

}  // namespace

Diagnosis diagnose(const std::string &version) {
  Diagnosis diagnosis{.version = version,
                      .kernel = kernel_name(),
                      .as_root = geteuid() == 0,
                      .bpf = bpf_checks(),
                      .proc = proc_checks()};
  try_recording(diagnosis.bpf);
  return diagnosis;
}

}  // namespace rusage_bpf
