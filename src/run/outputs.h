// The outputs that the command line names, opened.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "os/error.h"
#include "output/sink.h"

namespace rusage_bpf {

struct Outputs {
  std::vector<std::unique_ptr<Sink>> sinks;
  // Whether any of them needs the right to write into whatever directory.
  bool in_directory_of_another = false;
};

// One sink a name, of the format that the name tells; `csv_meta` puts what is known of the recording
// in front of CSV. Fails where one of them could not be written, and then none of them is there.
Result<Outputs> open_outputs(const std::vector<std::string> &names, bool csv_meta = false);

}  // namespace rusage_bpf
