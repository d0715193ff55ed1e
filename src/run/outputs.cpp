#include "run/outputs.h"

#include "output/csv_sink.h"
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

std::unique_ptr<Sink> make_sink(Format format, std::unique_ptr<Output> file,
                                const Writing &writing) {
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

}  // namespace

Result<Outputs> open_outputs(const std::vector<std::string> &names, const Writing &writing) {
  Outputs outputs;
  for (const std::string &name : names) {
    const auto output = parse_output_name(name);
    if (!output) return tl::unexpected(output.error());
    auto file = OutputFile::create(output->path);
    if (!file) return tl::unexpected(file.error());
    outputs.in_directory_of_another |= file->in_directory_of_another();
    auto writer = make_output(*std::move(file), writing.background);
    if (!writer) return tl::unexpected(writer.error());
    outputs.sinks.push_back(make_sink(output->format, *std::move(writer), writing));
  }
  return outputs;
}

}  // namespace rusage_bpf
