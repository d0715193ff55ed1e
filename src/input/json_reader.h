// Reads a JSON document.
#pragma once

#include "input/reader.h"

namespace rusage_bpf {

// The file is read twice: a sink needs `meta` first, but it is after the samples, because the recorder writes samples
// at once. The second pass passes on the samples one by one. Keeping all of them would need several times the file's
// size in memory.
//
// The sink gets nothing if the document is not complete.
Result<Reading> read_json(const InputFile &file, Sink &sink);

}  // namespace rusage_bpf
