#include "cli/report_options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "cli/name_pattern.h"
#include "output/default_name.h"

namespace rusage_bpf {
namespace {

constexpr auto page_suffix = ".html";

// For example "rusage.html" for "rusage.json", in the same directory.
std::string page_of(const std::string &recording) {
  if (recording == "-") return "rusage.html";
  const std::size_t name = recording.rfind('/') + 1;  // 0 without a slash
  const std::size_t dot = recording.rfind('.');
  const bool has_suffix = dot != std::string::npos && dot > name;
  return recording.substr(0, has_suffix ? dot : std::string::npos) + page_suffix;
}

Result<ConvertOptions> report_options(Arguments arguments) {
  ConvertOptions options;
  CLI::App app("Draws a recording in JSON or NDJSON as one page that opens offline.", "rusage-bpf report");
  app.add_option("input", options.input,
                 "the recording; - is standard input; default the newest of rusage.json, rusage-2.json ...")
      ->option_text("FILE");
  app.add_option("-o,--output", options.outputs, "the page, a .html file; default beside the recording, with its name")
      ->option_text("FILE")
      ->allow_extra_args(false);
  auto print = read_arguments(app, arguments);
  if (!print) return tl::unexpected(print.error());
  options.print = *std::move(print);

  options.default_input = app.count("input") == 0;
  if (options.default_input) options.input = newest_default_name();
  if (options.input.empty()) return error("report: give a recording, as in: rusage-bpf report rusage.json");
  if (auto expanded = expand_output_names(options.outputs, name_values()); !expanded)
    return tl::unexpected(expanded.error());
  options.default_page = options.outputs.empty();
  if (options.default_page) options.outputs.push_back(page_of(options.input));
  for (const std::string &output : options.outputs)
    if (!output.ends_with(page_suffix))
      return error(
          fmt::format("--output {}: a page's name ends in {}; for other formats see "
                      "rusage-bpf convert",
                      output, page_suffix));
  return options;
}

}  // namespace

Result<ConvertOptions> parse_report(Arguments arguments) {
  return as_usage(report_options(arguments));
}

}  // namespace rusage_bpf
