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
  std::string path;  // "-" is standard output, whatever it was called
};

// What is no file (a device, a pipe, a descriptor such as /dev/fd/63) is written in JSON unless its name tells another
// format. Fails with a line that lists the formats where a file's name ends in none of their extensions.
Result<OutputName> parse_output_name(const std::string &name);

// Whether these can be written at once: each has a format, and not two of them go to standard
// output. `csv_meta` wants one of them to be CSV.
Result<void> check_output_names(const std::vector<std::string> &names, bool csv_meta);

}  // namespace rusage_bpf
