// Where rows go. One implementation a format, the summary included.
#pragma once

#include "model/recording.h"
#include "os/error.h"

namespace rusage_bpf {

// Created before the command starts, so that what cannot be written is found then. A sink that goes
// away without `end` leaves nothing behind that looks complete.
class Sink {
 public:
  Sink() = default;
  Sink(const Sink &) = delete;
  Sink &operator=(const Sink &) = delete;
  virtual ~Sink() = default;

  virtual Result<void> begin(const Recording &recording) = 0;
  virtual Result<void> row(const Row &row) = 0;
  // A span of a process that is over, or lives when the recording ends.
  virtual Result<void> process(const Process &) { return {}; }
  virtual Result<void> end(const Outcome &outcome) = 0;
};

}  // namespace rusage_bpf
