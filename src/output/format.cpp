#include "output/format.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <string_view>

#include "os/file_place.h"

namespace rusage_bpf {
namespace {

struct Extension {
  std::string_view text;
  Format format;
};

constexpr std::array extensions{
    Extension{".json", Format::json},    Extension{".ndjson", Format::ndjson},
    Extension{".jsonl", Format::ndjson}, Extension{".csv", Format::csv},
    Extension{".html", Format::html},    Extension{".perfetto.json", Format::perfetto},
};

// For the choice of the format only: the file is checked again when it is opened.
bool is_no_file(const std::string &name) {
  struct stat status {};
  return descriptor_of(name) ||
         (stat(name.c_str(), &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode));
}

std::string list_of_extensions() {
  std::string list;
  for (std::size_t i = 0; i < extensions.size(); i++) {
    if (i > 0) list += i + 1 == extensions.size() ? " or " : ", ";
    list += extensions[i].text;
  }
  return list;
}

}  // namespace

Result<OutputName> parse_output_name(const std::string &name) {
  if (name == "-" || descriptor_of(name) == STDOUT_FILENO) return OutputName{Format::json, "-"};
  const Extension *longest = nullptr;
  for (const Extension &extension : extensions)
    if (name.ends_with(extension.text) && (!longest || extension.text.size() > longest->text.size()))
      longest = &extension;
  if (!longest && is_no_file(name)) return OutputName{Format::json, name};
  if (!longest)
    return error(
        fmt::format("--output {}: the name must end in {}, which selects the format", name, list_of_extensions()));
  const bool standard_output = name.size() == longest->text.size() + 1 && name.front() == '-';
  return OutputName{longest->format, standard_output ? "-" : name};
}

Result<void> check_output_names(const std::vector<std::string> &names, bool csv_meta) {
  int to_standard_output = 0;
  bool any_csv = false;
  for (const std::string &name : names) {
    const auto output = parse_output_name(name);
    if (!output) return tl::unexpected(output.error());
    to_standard_output += output->path == "-" ? 1 : 0;
    any_csv |= output->format == Format::csv;
  }
  if (to_standard_output > 1)
    return error("--output: only one output can go to standard output; name a file for the others");
  if (csv_meta && !any_csv) return error("--csv-meta is for a .csv output, and there is none; add -o rows.csv");
  return {};
}

}  // namespace rusage_bpf
