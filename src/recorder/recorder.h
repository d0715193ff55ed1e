// The loop: take a sample, make a row, give it to the ring and then to the sinks, until the recording ends.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "model/recording.h"
#include "model/row.h"
#include "os/error.h"
#include "os/signals.h"
#include "output/background_writer.h"
#include "output/sink.h"
#include "recorder/clock.h"
#include "ring/recovery_ring.h"
#include "source/source.h"
#include "target/target.h"

namespace rusage_bpf {

// A sample is due after that long at the latest: exited tasks are kept in the kernel until they are read.
inline constexpr std::uint64_t max_sample_gap_ns = 100'000'000;

// Where the source keeps time, a row waits that long at the most until it is in the ring; rows that are further apart
// do not wait.
inline constexpr std::uint64_t max_row_delay_ns = 10'000'000;

struct Recorded {
  Outcome outcome;
  // Failures to write an output, by its number, which do not end the recording: the command comes first.
  std::map<std::size_t, Error> failures;
};

// What ends a recording beside the target's own end and signals.
struct StopConditions {
  std::optional<std::uint64_t> duration_ns;
  int input = -1;                // a descriptor; its end of file
  int process = -1;              // a pidfd; that process's exit
  bool without_outputs = false;  // none is left to be written to
};

// How many process records the outputs get; the others appear only in the totals of their commands.
inline constexpr std::uint64_t default_max_processes = 100'000;

// What the recorder works with.
struct RecorderDeps {
  Source &source;
  Target &target;
  SignalQueue &signals;
  RecoveryRing &ring;
  std::vector<std::unique_ptr<Sink>> sinks;
  BackgroundWriters &writers;  // of the sinks
  Clock &clock;
  std::uint64_t max_processes = default_max_processes;
};

// Releases the target and records it until its end, the last row included. The outputs are not finished then: their
// writers go on.
Result<Recorded> record(Recording recording, Baseline baseline, const StopConditions &stops, RecorderDeps &&deps);

// The recording is over, a command may not be: passes signals on to it until it is.
Result<void> wait_for_end(Target &target, SignalQueue &signals);

}  // namespace rusage_bpf
