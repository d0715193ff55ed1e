// Where the rows of a recording go: the recovery ring and the outputs of the command line.
#pragma once

#include "cli/options.h"
#include "os/error.h"
#include "output/background_writer.h"
#include "ring/recovery_ring.h"
#include "run/outputs.h"

namespace rusage_bpf {

struct RecordingOutputs {
  RecoveryRing ring;
  BackgroundWriters writers;
  Outputs outputs;  // with the live line and the summary, if they are enabled

  [[nodiscard]] bool in_directory_of_another() const {
    return ring.in_directory_of_another() || outputs.in_directory_of_another;
  }
};

Result<RecordingOutputs> open_recording_outputs(const Options &options);

}  // namespace rusage_bpf
