// A row as text, made without a JSON object: a recording has up to 10 000 of them a second.
#pragma once

#include <cstdint>
#include <string>

#include "model/row.h"

namespace rusage_bpf {

// Numbers and times are the same text in JSON and CSV: docs/formats.md.
class RowText {
 public:
  // The fields of the row's JSON object, without its braces.
  void append_json_fields(const Row &row, std::string &text);

  // The row's values with commas between them; unknown ones are empty.
  void append_csv_fields(const Row &row, std::string &text);

 private:
  void append_timestamp(std::uint64_t realtime_ns, std::string &text);

  std::uint64_t second_ = UINT64_MAX;  // since 1970, that `second_text_` is of: it is the same for many rows
  std::string second_text_;
};

// Nanoseconds as seconds, in the shortest decimal number that gives the same double.
void append_seconds(std::uint64_t ns, std::string &text);

}  // namespace rusage_bpf
