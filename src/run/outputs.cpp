#include "run/outputs.h"

#include "os/message.h"
#include "output/csv_sink.h"
#include "output/destination.h"
#include "output/format.h"
#include "output/html_sink.h"
#include "output/json_sink.h"
#include "output/ndjson_sink.h"
#include "output/perfetto_sink.h"

namespace rusage_bpf {
namespace {

Result<std::unique_ptr<Output>> make_output(OutputFile file, BackgroundWriters *background) {
  if (background) return background->add(std::move(file));
  return std::make_unique<OutputFile>(std::move(file));
}

std::unique_ptr<Sink> make_sink(Format format, std::unique_ptr<Output> file, const Writing &writing) {
  switch (format) {
    case Format::ndjson:
      return std::make_unique<NdjsonSink>(std::move(file), writing.followed);
    case Format::csv:
      return std::make_unique<CsvSink>(std::move(file), writing.csv_meta);
    case Format::html:
      return std::make_unique<HtmlSink>(std::move(file));
    case Format::perfetto:
      return std::make_unique<PerfettoSink>(std::move(file));
    case Format::json:
      break;
  }
  return std::make_unique<JsonSink>(std::move(file));
}

Result<void> add_output(Outputs &outputs, Format format, Result<Destination> destination, const Writing &writing) {
  if (!destination) return tl::unexpected(destination.error());
  outputs.in_directory_of_another |= destination->is_in_place_of_another();
  outputs.default_name = destination->default_name();
  auto writer = make_output(OutputFile(*std::move(destination)), writing.background);
  if (!writer) return tl::unexpected(writer.error());
  outputs.sinks.push_back(make_sink(format, *std::move(writer), writing));
  return {};
}

}  // namespace

Result<Outputs> open_outputs(const std::vector<std::string> &names, const Writing &writing) {
  Outputs outputs;
  std::map<std::size_t, Error> failures;
  for (std::size_t number = 0; number < names.size(); number++) {
    const auto output = parse_output_name(names[number]);
    if (!output) return tl::unexpected(output.error());
    auto destination = Destination::open(output->path);
    if (auto added = add_output(outputs, output->format, std::move(destination), writing); !added)
      failures.emplace(number, added.error());
  }
  if (!failures.empty()) return tl::unexpected(all_of(failures));
  if (!names.empty()) return outputs;
  auto added = add_output(outputs, Format::json, Destination::open_default(), writing);
  if (!added) return tl::unexpected(added.error());
  return outputs;
}

void say_unusual_name(const Outputs &outputs) {
  if (!outputs.default_name) return;
  const std::string name = outputs.default_name->so_far();
  if (name != default_name(1)) say("the rows are in {}", name);
}

}  // namespace rusage_bpf
