#include "cli/convert_options.h"

#include <CLI/CLI.hpp>

#include "cli/name_pattern.h"
#include "output/format.h"

namespace rusage_bpf {
namespace {

Result<ConvertOptions> convert_options(Arguments arguments) {
  ConvertOptions options;
  CLI::App app("Turns a recording in JSON or NDJSON into other formats.", "rusage-bpf convert");
  app.add_option("input", options.input, "the recording; - is standard input")->option_text("IN");
  app.add_option("-o,--output", options.outputs,
                 "where it goes, as for a recording; repeatable; the format follows the extension")
      ->option_text("FILE")
      ->allow_extra_args(false);
  app.add_flag("--csv-meta", options.csv_meta,
               "begin .csv outputs with what is known of the recording, in lines that start with #");
  auto print = read_arguments(app, arguments);
  if (!print) return tl::unexpected(print.error());
  options.print = *std::move(print);
  if (!options.print.empty()) return options;

  if (options.input.empty())
    return error("convert: give a recording, as in: rusage-bpf convert rusage.json -o rows.csv");
  if (options.outputs.empty())
    return error("convert: give an output, as in: rusage-bpf convert rusage.json -o rows.csv");
  if (auto expanded = expand_output_names(options.outputs, name_values()); !expanded)
    return tl::unexpected(expanded.error());
  if (auto checked = check_output_names(options.outputs, options.csv_meta); !checked)
    return tl::unexpected(checked.error());
  return options;
}

}  // namespace

Result<ConvertOptions> parse_convert(Arguments arguments) {
  return as_usage(convert_options(arguments));
}

}  // namespace rusage_bpf
