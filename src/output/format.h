// The formats that can be written. An output's name selects it: `rows.csv`. The name `-.csv` is
// standard output in that format, `-` alone standard output in JSON.
#pragma once

#include <string>
#include <vector>

#include "os/error.h"

namespace rusage_bpf {

enum class Format { json, ndjson, csv, html, perfetto };

// An output as the command line names it.
struct OutputName {
  Format format;
  std::string path;  // "-" is standard output, by any of its names
};

// Anything but a file (a device, a pipe, a descriptor such as /dev/fd/63) is JSON unless its name has the extension of
// another format. A file whose name has no known extension is an error that lists them.
Result<OutputName> parse_output_name(const std::string &name);

// Whether these can be written at once: each has a format, and at most one goes to standard output. `csv_meta` needs a
// CSV output.
Result<void> check_output_names(const std::vector<std::string> &names, bool csv_meta);

}  // namespace rusage_bpf
