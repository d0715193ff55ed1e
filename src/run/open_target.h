// Opens what is to be recorded, and what may end the recording.
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
  std::optional<SignalQueue> signals;  // set when the target is open
  Fd process;                          // of --stop-with, a pidfd
};

// Called before anything else is opened. Without a command, signals wait from here on until the recording has started,
// so that they leave no incomplete output. A command would inherit the signal mask.
Result<StopSources> open_stop_sources(const Options &options);

StopConditions stop_conditions(const Options &options, const StopSources &stops);

// A command is forked, and waits for the start of the recording. From here on, all signals are passed on to it.
Result<std::unique_ptr<Target>> open_target(const Options &options, StopSources &stops);

}  // namespace rusage_bpf
