// Writes the rows of a recording: one implementation for each format, and for the summary.
#pragma once

#include "model/recording.h"
#include "os/error.h"

namespace rusage_bpf {

// Created before the command starts, so that an output that cannot be written is an error by then. Without `end`, a
// sink leaves no file that appears to be complete.
class Sink {
 public:
  Sink() = default;
  Sink(const Sink &) = delete;
  Sink &operator=(const Sink &) = delete;
  virtual ~Sink() = default;

  virtual Result<void> begin(const Recording &recording) = 0;
  virtual Result<void> row(const Row &row) = 0;
  // A process record that is complete, or whose process is live at the end of the recording.
  virtual Result<void> process(const Process &) { return {}; }
  virtual Result<void> end(const Outcome &outcome) = 0;
};

}  // namespace rusage_bpf
