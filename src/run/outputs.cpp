#include "run/outputs.h"

#include "output/csv_sink.h"
#include "output/format.h"
#include "output/html_sink.h"
#include "output/json_sink.h"
#include "output/ndjson_sink.h"
#include "output/perfetto_sink.h"

namespace rusage_bpf {
namespace {

std::unique_ptr<Sink> make_sink(Format format, OutputFile file, const Writing &writing) {
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
    outputs.sinks.push_back(make_sink(output->format, *std::move(file), writing));
  }
  return outputs;
}

}  // namespace rusage_bpf
