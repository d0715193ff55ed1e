// The JSON document read back.
#pragma once

#include "input/reader.h"

namespace rusage_bpf {

// The file is read twice: what a sink has to know first, `meta`, stands behind the samples, so that
// it could be written as the recording went. The second time gives the samples, one by one. Keeping
// them instead would take a multiple of the file's size in memory.
//
// Nothing is given where the document is not whole.
Result<Reading> read_json(const InputFile &file, Sink &sink);

}  // namespace rusage_bpf
