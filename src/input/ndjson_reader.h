// Reads NDJSON.
#pragma once

#include "input/reader.h"

namespace rusage_bpf {

// Reads line by line. An incomplete last line is ignored.
Result<Reading> read_ndjson(const InputFile &file, Sink &sink);

}  // namespace rusage_bpf
