#include "run/recording_outputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "os/message.h"
#include "os/same_file.h"
#include "output/format.h"
#include "output/live_sink.h"
#include "output/summary_sink.h"

namespace rusage_bpf {
namespace {

// By default, there is a live line only if no other process is expected to write to the terminal: a command has the
// same standard error, and a reader of rows on standard output may print them.
bool wants_live_line(const Options &options) {
  if (options.progress) return *options.progress;
  const bool rows_elsewhere = std::none_of(options.outputs.begin(), options.outputs.end(), [](const std::string &name) {
    const auto output = parse_output_name(name);
    return output && output->path == "-";
  });
  return options.attach() && !options.quiet && rows_elsewhere;
}

// Completes the options of the ring. Fails if an output has the ring's path.
Result<RingOptions> ring_options(const Options &options) {
  RingOptions ring = options.ring;
  ring.interval_ns = options.interval_ns;
  // The default name of a document in most cases. `recover --prune` reads the document before it trusts the name.
  const std::vector<std::string> unnamed{"rusage.json"};
  for (const std::string &name : options.outputs.empty() ? unnamed : options.outputs) {
    const auto output = parse_output_name(name);
    if (!output) continue;
    const bool is_stream = output->path == "-";
    if (!ring.path.empty() && is_same_file(is_stream ? "/dev/stdout" : output->path, ring.path))
      return tl::unexpected(
          Error{.message = fmt::format("-o {} and --ring {} are the same file; give two names", name, ring.path),
                .kind = options.attach() ? Error::Kind::usage : Error::Kind::recorder});
    std::error_code none;
    if (!is_stream) ring.outputs.push_back(std::filesystem::absolute(output->path, none));
  }
  return ring;
}

void add_terminal_sinks(const Options &options, const std::string &ring_path, Outputs &outputs) {
  // The live line is removed before the summary is printed.
  if (wants_live_line(options))
    if (auto line = StatusLine::open()) outputs.sinks.push_back(std::make_unique<LiveSink>(*std::move(line)));
  if (!options.quiet)
    outputs.sinks.push_back(std::make_unique<SummarySink>(options.outputs, outputs.default_name, ring_path));
}

}  // namespace

Result<RecordingOutputs> open_recording_outputs(const Options &options) {
  const auto wanted = ring_options(options);
  if (!wanted) return tl::unexpected(wanted.error());
  auto writers = BackgroundWriters::create();
  if (!writers) return tl::unexpected(writers.error());
  auto outputs = open_outputs(options.outputs, {.csv_meta = options.csv_meta, .background = &*writers});
  if (!outputs) return tl::unexpected(outputs.error());
  auto ring = RecoveryRing::open(*wanted);
  if (!ring) return tl::unexpected(ring.error());
  if (const auto message = ring->take_message()) say_line(*message);
  add_terminal_sinks(options, ring->path(), *outputs);
  return RecordingOutputs{*std::move(ring), *std::move(writers), *std::move(outputs)};
}

}  // namespace rusage_bpf
