#include "cli/compare_options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "cli/name_pattern.h"

namespace rusage_bpf {
namespace {

std::string help_on_limits() {
  constexpr std::size_t width = 80;
  std::string names = "Names:";
  std::size_t column = names.size();
  for (const Measure &measure : measures()) {
    column += 1 + measure.name.size();
    const bool fits = column <= width;
    if (!fits) column = 2 + measure.name.size();
    names += (fits ? " " : "\n  ") + measure.name;
  }
  return "A limit is NAME>THRESHOLD or NAME<THRESHOLD; it fails if B is above or below the "
         "threshold.\n"
         "Thresholds are relative to A, +10% -5% +1s +20MiB +100, or absolute, 90s 2GiB 5000.\n"
         "cc1plus:cpu is the CPU time of one command; commands have the counters, cpu and "
         "peak_rss.\n" +
         names + "\nExit status: 0; 1 if a limit fails or a recording cannot be read; 2 for wrong usage.";
}

Result<CompareOptions> compare_options(Arguments arguments) {
  CompareOptions options;
  std::vector<std::string> limits;
  CLI::App app("Compares two recordings in JSON or NDJSON: their totals, peaks and commands.", "rusage-bpf compare");
  app.add_option("a", options.a, "a recording; - is standard input")->option_text("A");
  app.add_option("b", options.b, "the recording that is compared with A")->option_text("B");
  app.add_option("--fail-if", limits, "a limit, such as 'cpu>+10%': exit with 1 if it fails; repeatable")
      ->option_text("LIMIT")
      ->allow_extra_args(false);
  app.add_flag("--json", options.json, "the comparison as JSON");
  app.add_option("--html", options.page, "draw both recordings over each other, as a page that opens offline")
      ->option_text("FILE");
  app.footer(help_on_limits());
  auto print = read_arguments(app, arguments);
  if (!print) return tl::unexpected(print.error());
  options.print = *std::move(print);
  if (!options.print.empty()) return options;

  if (options.a.empty() || options.b.empty())
    return error("compare: give two recordings, as in: rusage-bpf compare before.json after.json");
  if (options.a == "-" && options.b == "-")
    return error("compare: only one of the two can be standard input; give the other's file");
  auto page = expand_name("--html", options.page, name_values());
  if (!page) return tl::unexpected(page.error());
  options.page = *std::move(page);
  if (app.count("--html") > 0 && !options.page.ends_with(".html"))
    return error(fmt::format("--html {}: a page's name ends in .html", options.page));
  if (options.page == "-.html") return error("--html -.html: standard output has the table; give a file");
  for (const std::string &text : limits) {
    auto limit = parse_limit(text);
    if (!limit) return tl::unexpected(limit.error());
    options.limits.push_back(*std::move(limit));
  }
  return options;
}

}  // namespace

Result<CompareOptions> parse_compare(Arguments arguments) {
  return as_usage(compare_options(arguments));
}

}  // namespace rusage_bpf
