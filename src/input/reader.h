// Reads recordings, as JSON or NDJSON, which are recognized by their first characters.
#pragma once

#include <cstdint>

#include "input/input_file.h"
#include "os/error.h"
#include "output/sink.h"

namespace rusage_bpf {

struct Reading {
  std::uint64_t rows = 0;
  // The end of NDJSON is missing, because the recording was cut short or is still running. The complete rows were read,
  // and what is only known at the end is unknown.
  bool end_missing = false;
};

// Passes the recording to `sink`, one row at a time, so that it may be larger than memory.
//
// Fails if the file is no recording of rusage-bpf, if a JSON document is incomplete, or if the sink fails. The sink may
// have got some rows then, but no end.
Result<Reading> read_recording(const InputFile &file, Sink &sink);

}  // namespace rusage_bpf
