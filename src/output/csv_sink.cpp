#include "output/csv_sink.h"

#include <fmt/format.h>

#include "document/document.h"

namespace rusage_bpf {
namespace {

std::string line_of_names() {
  std::string line = "timestamp";
  for (const Column &column : columns) line += fmt::format(",{}", column.name);
  return line + "\r\n";
}

}  // namespace

Result<void> CsvSink::begin(const Recording &recording) {
  std::string text;
  if (with_meta_) {
    const Json begin = begin_json(recording);
    text += fmt::format("# schema: {}\r\n", to_text(begin["schema"]));
    for (const auto &[name, value] : begin["meta"].items()) text += fmt::format("# {}: {}\r\n", name, to_text(value));
  }
  return file_->write(text + line_of_names());
}

Result<void> CsvSink::row(const Row &row) {
  text_.clear();
  row_text_.append_csv_fields(row, text_);
  text_ += "\r\n";
  return file_->write(text_);
}

Result<void> CsvSink::end(const Outcome &) {
  return file_->commit();
}

}  // namespace rusage_bpf
