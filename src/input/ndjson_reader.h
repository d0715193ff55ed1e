// NDJSON read back.
#pragma once

#include "input/reader.h"

namespace rusage_bpf {

// Line by line. A last line that is torn is left out, as one that was never written.
Result<Reading> read_ndjson(const InputFile &file, Sink &sink);

}  // namespace rusage_bpf
