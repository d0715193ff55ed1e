// A sample: the state of the target at one instant, and the task events since the sample before.
#pragma once

#include "model/snapshot.h"
#include "model/task_events.h"

namespace rusage_bpf {

struct Sample {
  Snapshot snapshot;
  TaskEvents events;
};

// Appends the next sample. Live tasks are kept only from the next sample.
void append(Sample &sample, Sample &&next);

}  // namespace rusage_bpf
