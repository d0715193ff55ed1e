// Reads recordings: a JSON document, or NDJSON, recognized by how they begin.
#pragma once

#include <cstdint>

#include "input/input_file.h"
#include "os/error.h"
#include "output/sink.h"

namespace rusage_bpf {

struct Reading {
  std::uint64_t rows = 0;
  // NDJSON of a recording that was cut short, or that goes on. The rows are all that are whole, and
  // what is known at the end only is unknown.
  bool end_missing = false;
};

// Gives `sink` all of the recording. What is larger than memory can be read: a row at a time is kept.
//
// Fails, with a line that says why, for what is no recording of ours or one that was cut short where
// it should not be, and where the sink does. Some rows may have been given by then, but no end.
Result<Reading> read_recording(const InputFile &file, Sink &sink);

}  // namespace rusage_bpf
