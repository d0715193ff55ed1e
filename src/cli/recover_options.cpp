#include "cli/recover_options.h"

#include <CLI/CLI.hpp>

#include "cli/name_pattern.h"
#include "output/format.h"

namespace rusage_bpf {
namespace {

Result<RecoverOptions> recover_options(Arguments arguments) {
  RecoverOptions options;
  CLI::App app(
      "Turns a recovery ring into outputs; without a ring, lists those that there are, newest "
      "first.",
      "rusage-bpf recover");
  app.add_option("ring", options.ring, "the recovery ring, as it was said when the recording began")
      ->option_text("RING");
  app.add_flag("--last", options.last, "the ring of the newest recording");
  app.add_option("-o,--output", options.outputs,
                 "where the rows go, as for a recording; repeatable; default rusage.json, with "
                 "--follow -.ndjson")
      ->option_text("FILE")
      ->allow_extra_args(false);
  app.add_flag("--csv-meta", options.csv_meta, "as for a recording");
  app.add_flag(
      "--follow", options.follow,
      "give every row as it comes, until the recording ends, as NDJSON on standard output");
  app.add_flag("-q,--quiet", options.quiet, "no summary");
  auto print = read_arguments(app, arguments);
  if (!print) return tl::unexpected(print.error());
  options.print = *std::move(print);

  const bool which = options.last || !options.ring.empty();
  if (options.last && !options.ring.empty())
    return error("recover: give a ring or --last, not both");
  if (!which && (options.follow || !options.outputs.empty()))
    return error("recover: give a ring, or --last; rusage-bpf recover lists those that there are");
  if (auto expanded = expand_output_names(options.outputs, name_values()); !expanded)
    return tl::unexpected(expanded.error());
  if (options.outputs.empty())
    options.outputs.emplace_back(options.follow ? "-.ndjson" : "rusage.json");
  if (auto checked = check_output_names(options.outputs, options.csv_meta); !checked)
    return tl::unexpected(checked.error());
  return options;
}

}  // namespace

Result<RecoverOptions> parse_recover(Arguments arguments) {
  return as_usage(recover_options(arguments));
}

}  // namespace rusage_bpf
