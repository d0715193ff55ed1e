// The loop: look, make a row, give it to the sinks, until the command is over.
#pragma once

#include <memory>
#include <vector>

#include "model/recording.h"
#include "os/error.h"
#include "output/sink.h"
#include "source/source.h"
#include "target/launch.h"

namespace rusage_bpf {

// A source must not go unread for longer: dead tasks are kept in the kernel until they are read.
inline constexpr std::uint64_t longest_pause_ns = 100'000'000;

struct Recorded {
  Outcome outcome;
  // The first failure to write an output, which does not end the recording: the command comes
  // first.
  std::optional<Error> output_error;
};

// Releases the command and records it until it was reaped and its dead are counted.
Result<Recorded> record(Recording recording, Source &source, Launch &command,
                        std::vector<std::unique_ptr<Sink>> sinks);

}  // namespace rusage_bpf
