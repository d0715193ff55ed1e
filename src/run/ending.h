// What happens after a recording: the outputs are finished, and failed ones are reported.
#pragma once

#include <map>

#include "os/error.h"
#include "os/signals.h"
#include "output/background_writer.h"
#include "ring/recovery_ring.h"

namespace rusage_bpf {

// Waits until all outputs are written. A slow reader may take as long as it needs, until a signal asks the recorder to
// end. `asked_to_end`: such a signal ended the recording. Then the output is given up one second after the reader's
// last read, or at the second signal.
void finish_outputs(BackgroundWriters &outputs, SignalQueue &signals, bool asked_to_end);

// Returns the error for failed outputs, which are given by number. The ring is then kept, and the message says so. A
// reader that has closed its pipe is no failure: it has read what it needs.
Result<void> finish(const std::map<std::size_t, Error> &failures, RecoveryRing &ring);

// Adds to the error where the ring is, if it has rows.
Error with_ring(Error error, const RecoveryRing &ring);

}  // namespace rusage_bpf
