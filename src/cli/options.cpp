#include "cli/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>

#include "cli/name_pattern.h"
#include "cli/sub_commands.h"
#include "cli/version.h"
#include "os/clock.h"
#include "output/format.h"

namespace rusage_bpf {
namespace {

constexpr double min_interval_s = .0001;
constexpr double min_duration_s = .001;
constexpr double longest_interval_s = 3600;
constexpr double max_duration_s = 1e8;  // three years
constexpr std::uint64_t max_ring_rows = 1'000'000'000;

template <typename Number>
std::optional<Number> parse_number(const std::string &text) {
  Number number = 0;
  const char *end = text.data() + text.size();
  const auto [rest, failure] = std::from_chars(text.data(), end, number);
  if (failure != std::errc() || rest != end) return std::nullopt;
  return number;
}

std::optional<std::uint64_t> parse_seconds(const std::string &text, double shortest_s, double longest_s) {
  const auto seconds = parse_number<double>(text);
  if (!seconds || !(*seconds >= shortest_s && *seconds <= longest_s)) return std::nullopt;
  return static_cast<std::uint64_t>(std::llround(*seconds * static_cast<double>(ns_per_s)));
}

// Values of options before they are parsed.
struct Texts {
  std::string interval;
  std::string duration;
  std::string until;
  std::string backend;
  std::string pid;
  std::string stop_with;
  std::string user;
  std::string ring_rows;
  std::string max_processes;
  bool progress = false;
  bool no_progress = false;
};

Result<void> read_pid(const CLI::App &app, const char *option, const std::string &text, std::optional<pid_t> &pid) {
  if (app.count(option) == 0) return {};
  pid = parse_number<pid_t>(text);
  if (pid && *pid >= 1) return {};
  return error(fmt::format("{} {}: give the number of a process that runs, such as 1234", option, text));
}

Result<void> read_texts(const CLI::App &app, const Texts &texts, Options &options) {
  if (app.count("--interval") > 0) {
    const auto interval_ns = parse_seconds(texts.interval, min_interval_s, longest_interval_s);
    if (!interval_ns)
      return error(fmt::format("--interval {}: give seconds between .0001 and 3600, such as .01", texts.interval));
    options.interval_ns = *interval_ns;
  }
  if (app.count("--duration") > 0) {
    options.duration_ns = parse_seconds(texts.duration, min_duration_s, max_duration_s);
    if (!options.duration_ns)
      return error(fmt::format("--duration {}: give seconds between .001 and {}, such as 60", texts.duration,
                               static_cast<std::uint64_t>(max_duration_s)));
  }
  if (app.count("--until") > 0) {
    options.until_tree = texts.until == "tree";
    if (!options.until_tree && texts.until != "command")
      return error(fmt::format("--until {}: give command or tree", texts.until));
  }
  if (app.count("--backend") > 0) {
    using Backend = Options::Backend;
    if (texts.backend == "auto")
      options.backend = Backend::best;
    else if (texts.backend == "bpf")
      options.backend = Backend::bpf;
    else if (texts.backend == "proc")
      options.backend = Backend::proc;
    else
      return error(fmt::format("--backend {}: give auto, bpf or proc", texts.backend));
  }
  if (texts.progress && texts.no_progress) return error("give --progress or --no-progress, not both");
  if (texts.progress || texts.no_progress) options.progress = texts.progress;
  if (app.count("--user") > 0) options.user = texts.user;
  if (auto read = read_pid(app, "--pid", texts.pid, options.pid); !read) return read;
  if (auto read = read_pid(app, "--stop-with", texts.stop_with, options.stop_with); !read) return read;
  if (app.count("--ring") > 0 && options.ring.path.empty()) return error("--ring: give a file for the recovery ring");
  if (app.count("--ring-rows") > 0) {
    const auto rows = parse_number<std::uint64_t>(texts.ring_rows);
    if (!rows || *rows < 1 || *rows > max_ring_rows)
      return error(fmt::format("--ring-rows {}: give a number of rows from 1 to {}, such as 100000", texts.ring_rows,
                               max_ring_rows));
    options.ring.rows = *rows;
  }
  if (app.count("--max-processes") > 0) {
    const auto processes = parse_number<std::uint64_t>(texts.max_processes);
    if (!processes)
      return error(fmt::format("--max-processes {}: give a number of processes, such as 100000", texts.max_processes));
    options.max_processes = *processes;
  }
  return {};
}

Result<void> check_target(const CLI::App &app, bool command_given, const Options &options) {
  const auto attach_options = app.count("--pid") + app.count("--cgroup");
  if (attach_options == 0 && options.command.empty())
    return error(
        "no command to record; give it after --, as in: rusage-bpf -- make -j8; or give --pid or "
        "--cgroup");
  if (attach_options > 0 && command_given)
    return error("--pid and --cgroup record what runs already: give no command with them");
  if (app.count("--pid") > 0 && app.count("--cgroup") > 0) return error("give --pid or --cgroup, not both");
  if (app.count("--cgroup") > 0 && options.cgroup.empty())
    return error("--cgroup: give a directory below /sys/fs/cgroup");
  if (attach_options > 0 && app.count("--until") > 0)
    return error("--until is for a command; a tree is recorded until its last process ends");
  if (attach_options > 0 && options.user) return error("--user is for a command; what runs already has its users");
  if (attach_options == 0 && options.stop_with)
    return error("--stop-with is for --pid and --cgroup: a command is recorded until it ends");
  if (attach_options == 0 && options.stop_on_eof)
    return error("--stop-on-eof is for --pid and --cgroup: standard input is the command's");
  return {};
}

// All names are expanded with the same values.
Result<void> expand_names(Options &options) {
  const NameValues values = name_values();
  auto ring = expand_name("--ring", options.ring.path, values);
  if (!ring) return tl::unexpected(ring.error());
  options.ring.path = *std::move(ring);
  return expand_output_names(options.outputs, values);
}

void set_usage(CLI::App &app) {
  app.set_version_flag("--version", version_text);
  // CLI11 prints one usage line and closes the bracket. This label makes three lines of it.
  app.get_formatter()->label("OPTIONS",
                             "OPTIONS] --pid PID\n"
                             "       rusage-bpf [OPTIONS] --cgroup PATH\n"
                             "       rusage-bpf [OPTIONS] -- COMMAND [ARG...");
  std::string footer = "Subcommands, each with a --help of its own:";
  for (const SubCommand &command : sub_commands) footer += fmt::format("\n  {:<28}{}", command.name, command.summary);
  app.footer(footer);
}

void add_output_options(CLI::App &app, Texts &texts, Options &options) {
  app.add_option("-i,--interval", texts.interval, "time between rows, .0001 to 3600; default 0.1")
      ->option_text("SECONDS");
  app.add_option("-o,--output", options.outputs,
                 "write the rows to FILE; repeatable; the extension selects the format: .json, .ndjson or "
                 ".jsonl, .csv, .html, .perfetto.json; - is standard output in JSON, -.csv in CSV; %h, %p, "
                 "%t and %j in a name are "
                 "the host, the recorder's pid, the start, and the batch job; default rusage.json, or "
                 "rusage-2.json and so on where that is taken")
      ->option_text("FILE")
      ->allow_extra_args(false);
  app.add_flag("--csv-meta", options.csv_meta,
               "begin .csv outputs with what is known of the recording, in lines that start with #");
  app.add_option("-u,--user", texts.user, "run the command as this user; default: the caller")->option_text("NAME");
  app.add_flag("-q,--quiet", options.quiet, "no summary and no live line");
  app.add_flag("--progress", texts.progress,
               "show a live line if standard error is a terminal; default with --pid and --cgroup");
  app.add_flag("--no-progress", texts.no_progress, "no live line");
}

void add_target_options(CLI::App &app, Texts &texts, Options &options) {
  app.add_option("-p,--pid", texts.pid, "attach to a running process and its descendants")->option_text("PID");
  app.add_option("--cgroup", options.cgroup, "record every process in a cgroup (v2) and below it")->option_text("PATH");
  app.add_option("--backend", texts.backend,
                 "where values come from: bpf, which is exact; proc, which polls /proc and needs "
                 "no privileges; or auto, the default: bpf if it works, else proc")
      ->option_text("auto|bpf|proc");
  app.add_option("-d,--duration", texts.duration, "stop recording after this time")->option_text("SECONDS");
  app.add_option("--until", texts.until,
                 "with a command: stop when it exits (command, the default) or when its last "
                 "descendant exits (tree)")
      ->option_text("command|tree");
  app.add_flag("--stop-on-eof", options.stop_on_eof, "with --pid or --cgroup: stop at the end of standard input");
  app.add_option("--stop-with", texts.stop_with, "with --pid or --cgroup: stop when that process exits")
      ->option_text("PID");
}

void add_ring_options(CLI::App &app, Texts &texts, Options &options) {
  app.add_option("--ring", options.ring.path,
                 "use this file as the recovery ring, and keep it; default: a new file in "
                 "~/.local/state/rusage-bpf, or another directory with room, removed when the "
                 "outputs are complete")
      ->option_text("FILE");
  app.add_option("--ring-rows", texts.ring_rows,
                 "number of newest rows that the ring keeps; default: those of an hour, in 4 to 64 MiB")
      ->option_text("N");
  app.add_flag("--ring-sync", options.ring.sync, "write every row of the ring to the disk, which survives a power cut");
  app.add_option("--max-processes", texts.max_processes,
                 "number of processes that the outputs list; the others appear only in the totals "
                 "of their command; default 100000")
      ->option_text("N");
}

void add_test_options(CLI::App &app, Options &options) {
  constexpr auto for_tests = "For tests: what other kernels need";
  app.add_flag("--count-at-last-switch", options.count_at_last_switch,
               "count exited tasks at their last context switch, as before Linux 6.4; costs every switch")
      ->group(for_tests);
  app.add_flag("--gauges-from-proc", options.gauges_from_proc,
               "read memory and descriptors from /proc, as with unknown kernel structures")
      ->group(for_tests);
  app.add_flag("--recorder-clock", options.recorder_clock,
               "take samples when the recorder wakes up, as where the kernel refuses a timer")
      ->group(for_tests);
}

// Everything after the first `--` belongs to the command, even if it looks like an option.
Result<Options> recording_options(Arguments arguments) {
  const auto separator =
      std::find_if(arguments.begin() + 1, arguments.end(), [](std::string_view a) { return a == "--"; });

  Options options;
  Texts texts;
  CLI::App app("Records what a process tree costs: CPU, I/O, switches, memory, descriptors, processes.", "rusage-bpf");
  set_usage(app);
  // --help lists the options in this order.
  add_output_options(app, texts, options);
  add_target_options(app, texts, options);
  add_ring_options(app, texts, options);
  add_test_options(app, options);
  app.allow_extras();
  auto print = read_arguments(app, arguments.first(static_cast<std::size_t>(separator - arguments.begin())));
  if (!print) return tl::unexpected(print.error());
  options.print = *std::move(print);
  if (!options.print.empty()) return options;
  if (const auto extras = app.remaining(); !extras.empty())
    return error(fmt::format("unknown option or missing --: {}; see rusage-bpf --help", extras.front()));

  if (separator != arguments.end()) options.command.assign(separator + 1, arguments.end());
  if (auto read = read_texts(app, texts, options); !read) return tl::unexpected(read.error());
  const bool command_given = separator != arguments.end();
  if (auto checked = check_target(app, command_given, options); !checked) return tl::unexpected(checked.error());
  if (auto expanded = expand_names(options); !expanded) return tl::unexpected(expanded.error());
  if (auto checked = check_output_names(options.outputs, options.csv_meta); !checked)
    return tl::unexpected(checked.error());
  return options;
}

}  // namespace

Result<Options> parse_options(Arguments arguments) {
  auto options = recording_options(arguments);
  const auto is_attach = [](std::string_view a) {
    return a.starts_with("--pid") || a.starts_with("-p") || a.starts_with("--cgroup");
  };
  const auto separator = std::find(arguments.begin(), arguments.end(), std::string_view("--"));
  if (!options && std::any_of(arguments.begin(), separator, is_attach)) options.error().kind = Error::Kind::usage;
  return options;
}

}  // namespace rusage_bpf
