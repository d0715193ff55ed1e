#include "cli/recover_options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <charconv>

#include "cli/name_pattern.h"
#include "os/clock.h"
#include "output/format.h"

namespace rusage_bpf {
namespace {

// For example "7d" or "12h": a whole number and a unit.
std::optional<std::uint64_t> parse_age(const std::string &text) {
  constexpr std::uint64_t max_s = std::uint64_t{86400} * 365 * 100;
  std::uint64_t number = 0;
  const auto [unit, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc()) return std::nullopt;
  constexpr std::array<std::pair<std::string_view, std::uint64_t>, 5> units{
      {{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}, {"w", 604800}}};
  const std::string_view name(unit, static_cast<std::size_t>(text.data() + text.size() - unit));
  for (const auto &[known, seconds] : units)
    if (name == known && number <= max_s / seconds) return number * seconds * ns_per_s;
  return std::nullopt;
}

Result<void> check_prune(const RecoverOptions &options, bool older_than_given) {
  if (older_than_given && !options.prune) return error("recover: --older-than is for --prune");
  const bool more = options.last || !options.ring.empty() || options.follow || !options.outputs.empty();
  if (options.prune && more) return error("recover: --prune goes over all rings; give it with --older-than alone");
  return {};
}

Result<RecoverOptions> recover_options(Arguments arguments) {
  RecoverOptions options;
  CLI::App app(
      "Writes the rows of a recovery ring to outputs. Without a ring, lists your rings, newest "
      "first; with --prune, removes those that are no longer needed.",
      "rusage-bpf recover");
  app.add_option("ring", options.ring, "the recovery ring, as printed when the recording began")->option_text("RING");
  app.add_flag("--last", options.last, "the ring of the newest recording");
  app.add_option("-o,--output", options.outputs,
                 "write the rows to FILE, as for a recording; repeatable; default: rusage.json or "
                 "the next free name; with --follow: -.ndjson")
      ->option_text("FILE")
      ->allow_extra_args(false);
  app.add_flag("--csv-meta", options.csv_meta, "as for a recording");
  app.add_flag("--follow", options.follow,
               "print each row when it is recorded, until the recording ends, as NDJSON on standard output");
  app.add_flag("-q,--quiet", options.quiet, "no summary");
  app.add_flag("--prune", options.prune,
               "remove rings without rows, and rings with all rows in a document of the same "
               "recording; never a ring in use");
  std::string older_than;
  app.add_option("--older-than", older_than,
                 "with --prune: also remove rings with a last row older than AGE, such as 7d, 12h or 30m")
      ->option_text("AGE");
  auto print = read_arguments(app, arguments);
  if (!print) return tl::unexpected(print.error());
  options.print = *std::move(print);

  const bool older_than_given = app.count("--older-than") > 0;
  if (older_than_given) options.older_than_ns = parse_age(older_than);
  if (older_than_given && !options.older_than_ns)
    return error(fmt::format("recover --older-than {}: give a number of days or hours, such as 7d or 12h", older_than));
  if (auto checked = check_prune(options, older_than_given); !checked) return tl::unexpected(checked.error());
  const bool which = options.last || !options.ring.empty();
  if (options.last && !options.ring.empty()) return error("recover: give a ring or --last, not both");
  if (!which && (options.follow || !options.outputs.empty()))
    return error("recover: give a ring, or --last; rusage-bpf recover lists those that there are");
  if (auto expanded = expand_output_names(options.outputs, name_values()); !expanded)
    return tl::unexpected(expanded.error());
  if (options.outputs.empty() && options.follow) options.outputs.emplace_back("-.ndjson");
  if (auto checked = check_output_names(options.outputs, options.csv_meta); !checked)
    return tl::unexpected(checked.error());
  return options;
}

}  // namespace

Result<RecoverOptions> parse_recover(Arguments arguments) {
  return as_usage(recover_options(arguments));
}

}  // namespace rusage_bpf
