#include "output/format.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

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
  if (name == "-" || name == "/dev/null" || name == "/dev/full")
    return OutputName{Format::json, name};
  const Extension *longest = nullptr;
  for (const Extension &extension : extensions)
    if (name.ends_with(extension.text) &&
        (!longest || extension.text.size() > longest->text.size()))
      longest = &extension;
  if (!longest)
    return error(fmt::format("--output {}: the name must end in {}, which tells the format", name,
                             list_of_extensions()));
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
    return error("--output: only one output can go to standard output; give the others a file");
  if (csv_meta && !any_csv)
    return error("--csv-meta is for a .csv output, and there is none; give -o rows.csv");
  return {};
}

}  // namespace rusage_bpf
