// What the command line names to be recorded, found or started, and what may end its recording.
#pragma once

#include <memory>
#include <optional>

#include "cli/options.h"
#include "os/error.h"
#include "os/fd.h"
#include "os/signals.h"
#include "recorder/recorder.h"
#include "target/target.h"

namespace rusage_bpf {

struct StopSources {
  std::optional<SignalQueue> signals;  // always, once the target is open
  Fd process;                          // of --stop-with, a pidfd
};

// To be opened first of all. With no command to inherit them, a signal from here on waits until the recording has
// begun, and leaves no half-made output behind.
Result<StopSources> open_stop_sources(const Options &options);

StopConditions stop_conditions(const Options &options, const StopSources &stops);

// A command is forked, and held until its recording begins. From here on every signal is the command's.
Result<std::unique_ptr<Target>> open_target(const Options &options, StopSources &stops);

}  // namespace rusage_bpf
