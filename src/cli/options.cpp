#include "cli/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <span>
#include <string_view>

#include "os/clock.h"

namespace rusage_bpf {
namespace {

constexpr double shortest_interval_s = .001;
constexpr double longest_interval_s = 3600;

Result<std::uint64_t> parse_interval(const std::string &text) {
  double interval_s = 0;
  const auto [rest, failure] = std::from_chars(text.data(), text.data() + text.size(), interval_s);
  if (failure != std::errc() || rest != text.data() + text.size() ||
      !(interval_s >= shortest_interval_s && interval_s <= longest_interval_s))
    return error(
        fmt::format("--interval {}: give seconds between .001 and 3600, such as .01", text));
  return static_cast<std::uint64_t>(std::llround(interval_s * static_cast<double>(ns_per_s)));
}

Result<void> check_output(const std::string &path) {
  const bool device = path == "/dev/null" || path == "/dev/full";
  const bool other_format = path.ends_with(".perfetto.json");
  if (path == "-" || device || (path.ends_with(".json") && !other_format)) return {};
  return error(
      fmt::format("--output {}: the name must end in .json, the format that can be written", path));
}

}  // namespace

Result<Options> parse_options(int argc, const char *const *argv) {
  // What follows the first `--` is the command's own, whatever it looks like.
  const std::span arguments(argv, static_cast<std::size_t>(argc));
  const auto separator = std::find_if(arguments.begin() + 1, arguments.end(),
                                      [](std::string_view a) { return a == "--"; });

  Options options;
  std::string interval;
  CLI::App app(
      "Records what a process tree costs: CPU, I/O, switches, memory, descriptors, processes.",
      "rusage-bpf");
  app.set_version_flag("--version", "rusage-bpf " RUSAGE_BPF_VERSION);
  app.get_formatter()->label("OPTIONS",
                             "OPTIONS] -- COMMAND [ARG...");  // makes the usage line whole
  app.add_option("-i,--interval", interval, "time between rows, .001 to 3600; default 0.1")
      ->option_text("SECONDS");
  app.add_option(
         "-o,--output", options.outputs,
         "where the rows go, a .json file; repeatable; - is standard output; default rusage.json")
      ->option_text("FILE")
      ->allow_extra_args(false);
  app.add_flag("-q,--quiet", options.quiet, "no summary");
  constexpr auto for_tests = "For tests, the ways of other kernels";
  app.add_flag("--count-at-last-switch", options.count_at_last_switch,
               "count the dead as before Linux 6.4, at a cost to every switch of the machine")
      ->group(for_tests);
  app.add_flag("--gauges-from-proc", options.gauges_from_proc,
               "read memory and descriptors as where the kernel's own counters are not known")
      ->group(for_tests);
  try {
    app.parse(static_cast<int>(separator - arguments.begin()), argv);
  } catch (const CLI::CallForHelp &) {
    options.print = app.help();
    return options;
  } catch (const CLI::CallForVersion &) {
    options.print = app.version() + "\n";
    return options;
  } catch (const CLI::ExtrasError &failure) {
    return error(
        fmt::format("{}; the command goes after --; see rusage-bpf --help", failure.what()));
  } catch (const CLI::ParseError &failure) {
    return error(fmt::format("{}; see rusage-bpf --help", failure.what()));
  }

  if (!interval.empty() || app.count("--interval") > 0) {
    const auto interval_ns = parse_interval(interval);
    if (!interval_ns) return tl::unexpected(interval_ns.error());
    options.interval_ns = *interval_ns;
  }
  if (options.outputs.empty()) options.outputs.emplace_back("rusage.json");
  for (const std::string &output : options.outputs)
    if (auto checked = check_output(output); !checked) return tl::unexpected(checked.error());
  if (separator != arguments.end()) options.command.assign(separator + 1, arguments.end());
  if (options.command.empty())
    return error("no command to record; give it after --, as in: rusage-bpf -- make -j8");
  return options;
}

}  // namespace rusage_bpf
