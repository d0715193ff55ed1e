// The outputs that the command line names, opened.
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
  // Of an output without a given name; nothing if all have names.
  std::shared_ptr<DefaultName> default_name;
  // Whether any of them needs the right to write into whatever directory.
  bool in_directory_of_another = false;
};

// How outputs are written, beside what their names tell.
struct Writing {
  bool csv_meta = false;                    // what is known of the recording stands in front of CSV
  bool followed = true;                     // NDJSON stands under its name from the beginning, for readers to follow
  BackgroundWriters *background = nullptr;  // whose threads write them; none: they are written at once
};

// One sink a name, of the format that the name selects; without a name, one of JSON that gets a default name. Fails
// where one of them could not be written, and then none of them is there.
Result<Outputs> open_outputs(const std::vector<std::string> &names, const Writing &writing = {});

// Where there is no summary to do it, says what a recording is called that nobody has named and that is not
// rusage.json.
void say_unusual_name(const Outputs &outputs);

}  // namespace rusage_bpf
