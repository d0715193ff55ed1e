// What is left to do when a recording has ended: outputs to be finished, and what is said of those that failed.
#pragma once

#include <map>

#include "os/error.h"
#include "os/signals.h"
#include "output/background_writer.h"
#include "ring/recovery_ring.h"

namespace rusage_bpf {

// Waits until every output is where it belongs. A reader that does not read may take as long as it likes, until we are
// asked to end, by a signal that comes now or has ended the recording (`asked_to_end`): its output is given up a second
// after the last bytes that it has taken, or at a second signal.
void finish_outputs(BackgroundWriters &outputs, SignalQueue &signals, bool asked_to_end);

// What comes of the failures to write outputs, by their number. If there are any, the ring is kept, and the message
// says so. That a reader has gone away is no failure: it has had what it wanted, and the status is what it would be
// without us.
Result<void> finish(const std::map<std::size_t, Error> &failures, RecoveryRing &ring);

// The same error, with where the rows are if they are there.
Error with_ring(Error error, const RecoveryRing &ring);

}  // namespace rusage_bpf
