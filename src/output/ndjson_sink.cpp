#include "output/ndjson_sink.h"

#include "document/document.h"

namespace rusage_bpf {
namespace {

std::string line(std::string_view kind, const Json &object) {
  Json whole = {{"kind", kind}};
  whole.update(object);
  return to_text(whole) + "\n";
}

}  // namespace

Result<void> NdjsonSink::begin(const Recording &recording) {
  auto written = file_.write(line("begin", begin_json(recording)));
  return written ? file_.put_in_place() : written;
}

Result<void> NdjsonSink::row(const Row &row) {
  auto written = file_.write(line("sample", sample_json(row)));
  return written ? file_.flush() : written;
}

Result<void> NdjsonSink::process(const Process &process) {
  return file_.write(line("process", process_json(process)));
}

Result<void> NdjsonSink::end(const Outcome &outcome) {
  for (const Command &command : outcome.commands)
    if (auto written = file_.write(line("command", command_json(command))); !written)
      return written;
  auto written = file_.write(line("end", end_json(outcome)));
  return written ? file_.commit() : written;
}

}  // namespace rusage_bpf
