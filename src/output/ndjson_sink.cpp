#include "output/ndjson_sink.h"

#include <fmt/format.h>

#include "document/document.h"

namespace rusage_bpf {
namespace {

std::string line(std::string_view kind, const Json &object) {
  return fmt::format("{{\"kind\":\"{}\",{}\n", kind, to_text(object).substr(1));
}

}  // namespace

Result<void> NdjsonSink::begin(const Recording &recording) {
  auto written = file_->write(line("begin", begin_json(recording)));
  return written && followed_ ? file_->put_in_place() : written;
}

Result<void> NdjsonSink::row(const Row &row) {
  text_ = "{\"kind\":\"sample\",";
  row_text_.append_json_fields(row, text_);
  text_ += "}\n";
  auto written = file_->write(text_);
  return written && followed_ ? file_->flush() : written;
}

Result<void> NdjsonSink::process(const Process &process) {
  return file_->write(line("process", process_json(process)));
}

Result<void> NdjsonSink::end(const Outcome &outcome) {
  for (const Command &command : outcome.commands)
    if (auto written = file_->write(line("command", command_json(command))); !written) return written;
  auto written = file_->write(line("end", end_json(outcome)));
  return written ? file_->commit() : written;
}

}  // namespace rusage_bpf
