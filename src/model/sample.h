// What a source answers when it is asked what the tracked tasks have used, and what has happened to them meanwhile.
#pragma once

#include "model/snapshot.h"
#include "model/task_events.h"

namespace rusage_bpf {

struct Sample {
  Snapshot snapshot;
  TaskEvents events;  // of single tasks, up to the snapshot and since the sample before
};

// Makes one sample of two that follow each other. What the first reports of live tasks is out of date then.
void append(Sample &sample, Sample &&next);

}  // namespace rusage_bpf
