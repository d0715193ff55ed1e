// Opens the outputs of the command line.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "os/error.h"
#include "output/background_writer.h"
#include "output/default_name.h"
#include "output/sink.h"

namespace rusage_bpf {

struct Outputs {
  std::vector<std::unique_ptr<Sink>> sinks;
  // The name of an output without a given name; null if all have names.
  std::shared_ptr<DefaultName> default_name;
  // Whether one of them is in a directory that only a privileged recorder can write.
  bool in_directory_of_another = false;
};

// How outputs are written, in addition to their names.
struct Writing {
  bool csv_meta = false;                    // CSV starts with the description of the recording
  bool followed = true;                     // NDJSON has its final name from the start, so that readers can follow it
  BackgroundWriters *background = nullptr;  // its threads write the outputs; null: they are written directly
};

// Opens one sink for each name, in the name's format; without names, one JSON sink with a default name. If one cannot
// be opened, it fails and removes all of them.
Result<Outputs> open_outputs(const std::vector<std::string> &names, const Writing &writing = {});

// Without a summary, prints the default name of the recording if that is not rusage.json.
void say_unusual_name(const Outputs &outputs);

}  // namespace rusage_bpf
