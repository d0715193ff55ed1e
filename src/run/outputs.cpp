#include "run/outputs.h"

#include "output/format.h"
#include "output/json_sink.h"

namespace rusage_bpf {
namespace {

std::unique_ptr<Sink> make_sink(Format format, OutputFile file) {
  switch (format) {
    case Format::json:
      break;
  }
  return std::make_unique<JsonSink>(std::move(file));
}

}  // namespace

Result<Outputs> open_outputs(const std::vector<std::string> &names) {
  Outputs outputs;
  for (const std::string &name : names) {
    const auto output = parse_output_name(name);
    if (!output) return tl::unexpected(output.error());
    auto file = OutputFile::create(output->path);
    if (!file) return tl::unexpected(file.error());
    outputs.in_directory_of_another |= file->in_directory_of_another();
    outputs.sinks.push_back(make_sink(output->format, *std::move(file)));
  }
  return outputs;
}

}  // namespace rusage_bpf
