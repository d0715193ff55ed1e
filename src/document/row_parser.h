// A row from the text of its JSON object, made without the object: a recording has up to 10 000 of them a second.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "model/row.h"

namespace rusage_bpf {

// Reads what a recorder writes, with any blanks, in any order, and with or without each field.
class RowParser {
 public:
  // So many bytes behind a text must be readable. They may be anything.
  static constexpr std::size_t padding = 64;
  // Longer texts are not read: the library needs memory for them. With all columns, a row has at most 800 bytes.
  static constexpr std::size_t longest = 4096;

  RowParser();
  RowParser(RowParser &&) = delete;
  RowParser &operator=(RowParser &&) = delete;
  ~RowParser();

  // The row that row_from (document.h) makes of the same text. Nothing if row_from would refuse it, and also if anything
  // in it is unusual: an unknown field, an escaped name, a whole number with a fraction part.
  std::optional<Row> read(std::string_view object);

 private:
  class Library;

  [[nodiscard]] bool read_fields(std::string_view object, Row &row);
  std::optional<std::uint64_t> realtime_ns(const char *text);

  std::unique_ptr<Library> library_;
  std::string second_text_;  // the last second that was read: it is the same for many rows
  std::uint64_t second_ns_ = 0;
};

}  // namespace rusage_bpf
