#include "run/convert.h"

#include "input/reader.h"
#include "os/message.h"
#include "output/sinks.h"
#include "output/text.h"
#include "run/outputs.h"

namespace rusage_bpf {
Result<int> convert(const ConvertOptions &options) {
  const auto input = InputFile::open(options.input);
  if (!input) return tl::unexpected(input.error());
  auto outputs = open_outputs(options.outputs, {.csv_meta = options.csv_meta, .followed = false});
  if (!outputs) return tl::unexpected(outputs.error());
  Sinks sinks(std::move(outputs->sinks));
  const auto reading = read_recording(*input, sinks);
  if (!reading) return tl::unexpected(reading.error());
  if (!sinks.errors().empty()) return tl::unexpected(all_of(sinks.errors()));
  if (reading->end_missing)
    say("{}: its end is missing, as of a recording that was cut short or goes on; the rows that "
        "are whole: {}",
        input->name(), human_count(reading->rows));
  return 0;
}

}  // namespace rusage_bpf
