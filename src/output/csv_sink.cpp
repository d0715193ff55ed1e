#include "output/csv_sink.h"

#include <fmt/format.h>

#include "document/document.h"

namespace rusage_bpf {
namespace {

// In quotes if the text would be read as more than one field.
std::string quoted(const std::string &text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string field = "\"";
  for (const char c : text) field += c == '"' ? std::string("\"\"") : std::string(1, c);
  return field + "\"";
}

std::string field(const Json &value) {
  if (value.is_null()) return "";
  return quoted(value.is_string() ? value.get<std::string>() : to_text(value));
}

// A line of the fields that `text_of` makes of the columns in `object`.
template <typename TextOf>
std::string line(const Json &object, TextOf text_of) {
  std::string line;
  for (const auto &item : object.items()) line += text_of(item) + ",";
  line.pop_back();
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
  return file_->write(text + line(sample_json(Row()), [](const auto &item) { return item.key(); }));
}

Result<void> CsvSink::row(const Row &row) {
  return file_->write(line(sample_json(row), [](const auto &item) { return field(item.value()); }));
}

Result<void> CsvSink::end(const Outcome &) {
  return file_->commit();
}

}  // namespace rusage_bpf
