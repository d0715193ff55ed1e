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

constexpr std::array extensions{Extension{".json", Format::json}};

// Formats to come must not be written as another one.
constexpr std::string_view other_format = ".perfetto.json";

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
  for (const auto &[text, format] : extensions) {
    if (!name.ends_with(text) || name.ends_with(other_format)) continue;
    const bool standard_output = name.size() == text.size() + 1 && name.front() == '-';
    return OutputName{format, standard_output ? "-" : name};
  }
  return error(fmt::format("--output {}: the name must end in {}, which tells the format", name,
                           list_of_extensions()));
}

}  // namespace rusage_bpf
