// A table of contents, and the one place where an error becomes a message and an exit status.
#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "cli/options.h"
#include "output/json_sink.h"
#include "output/summary_sink.h"
#include "output/text.h"
#include "recorder/recorder.h"
#include "source/bpf_source.h"
#include "target/launch.h"

namespace rusage_bpf {
namespace {

int exit_status(const Error &error) {
  switch (error.kind) {
    case Error::Kind::command_not_found:
      return 127;
    case Error::Kind::command_not_executable:
      return 126;
    case Error::Kind::recorder:
      break;
  }
  return 125;
}

int exit_status(const Exit &exit) {
  return exit.signal ? 128 + *exit.signal : exit.code.value_or(0);
}

int fail(const Error &error) {
  fmt::print(stderr, "rusage-bpf: {}\n", one_line(error.message));
  return exit_status(error);
}

std::string boot_id() {
  std::string id;
  std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), id);
  return id;
}

Recording describe(const Options &options, const Source &source, pid_t root_pid) {
  utsname system{};
  uname(&system);
  Recording recording{.version = RUSAGE_BPF_VERSION,
                      .host = system.nodename,
                      .kernel = system.release,
                      .cpus = static_cast<unsigned>(sysconf(_SC_NPROCESSORS_ONLN)),
                      .boot_id = boot_id(),
                      .target = "command",
                      .argv = options.command,
                      .root_pid = root_pid,
                      .interval_ns = options.interval_ns,
                      .start_realtime_ns = 0,
                      .backend = "bpf",
                      .origin = {}};
  for (std::size_t i = 0; i < column_count; i++)
    recording.origin[i] = source.origin(static_cast<rusage_column>(i));
  return recording;
}

Result<std::vector<std::unique_ptr<Sink>>> open_sinks(const Options &options) {
  std::vector<std::unique_ptr<Sink>> sinks;
  for (const std::string &path : options.outputs) {
    auto file = OutputFile::create(path);
    if (!file) return tl::unexpected(file.error());
    sinks.push_back(std::make_unique<JsonSink>(std::move(*file)));
  }
  if (!options.quiet) sinks.push_back(std::make_unique<SummarySink>(options.outputs));
  return sinks;
}

Result<int> run(const Options &options) {
  auto sinks = open_sinks(options);
  if (!sinks) return tl::unexpected(sinks.error());
  auto command = Launch::hold(options.command);
  if (!command) return tl::unexpected(command.error());
  auto source = BpfSource::open(
      {.hold_tasks = !options.count_at_last_switch, .gauges_from_proc = options.gauges_from_proc});
  if (!source) return tl::unexpected(source.error());
  if (auto entered = (*source)->enter(command->pid()); !entered)
    return tl::unexpected(entered.error());

  const auto recorded =
      record(describe(options, **source, command->pid()), **source, *command, std::move(*sinks));
  if (!recorded) return tl::unexpected(recorded.error());
  if (recorded->output_error) return tl::unexpected(*recorded->output_error);
  return exit_status(recorded->outcome.exit);
}

}  // namespace
}  // namespace rusage_bpf

int main(int argc, char **argv) {
  using namespace rusage_bpf;
  const auto options = parse_options(argc, argv);
  if (!options) return fail(options.error());
  if (!options->print.empty()) {
    fmt::print("{}", options->print);
    return 0;
  }
  const auto status = run(*options);
  return status ? *status : fail(status.error());
}
