#include "document/row_text.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

#include "document/document.h"
#include "document/time.h"
#include "os/clock.h"

namespace rusage_bpf {
namespace {

// Up to here a double has all digits, so that the decimal number is the shortest one (std::numeric_limits::digits10).
constexpr std::uint64_t max_exact_ns = 999'999'999'999'999;

// JSON numbers below this have an exponent.
constexpr std::uint64_t min_ns_without_exponent = 100'000;

void append_integer(std::uint64_t value, std::string &text) {
  const fmt::format_int digits(value);
  text.append(digits.data(), digits.size());
}

void append_without_zeros_at_end(std::string_view digits, std::string &text) {
  text += digits.substr(0, digits.find_last_not_of('0') + 1);
}

void append_with_exponent(std::uint64_t ns, std::string &text) {
  const fmt::format_int digits(ns);
  text += digits.data()[0];
  const std::string_view rest(digits.data() + 1, digits.size() - 1);
  if (rest.find_first_not_of('0') != std::string_view::npos) {
    text += '.';
    append_without_zeros_at_end(rest, text);
  }
  text += "e-0";
  append_integer(10 - digits.size(), text);
}

void append_value(std::size_t column, std::uint64_t value, std::string &text) {
  if (columns[column].in_nanoseconds())
    append_seconds(value, text);
  else
    append_integer(value, text);
}

// What stands before each value: `,"name":`.
const std::array<std::string, column_count> &json_names() {
  static const auto names = [] {
    std::array<std::string, column_count> made;
    for (std::size_t i = 0; i < column_count; i++) made[i] = fmt::format(",\"{}\":", columns[i].name);
    return made;
  }();
  return names;
}

}  // namespace

void append_seconds(std::uint64_t ns, std::string &text) {
  if (ns > max_exact_ns) {
    text += to_text(Json(seconds(ns)));
    return;
  }
  if (ns != 0 && ns < min_ns_without_exponent) return append_with_exponent(ns, text);
  append_integer(ns / ns_per_s, text);
  text += '.';
  const std::uint64_t fraction = ns % ns_per_s;
  if (fraction == 0) {
    text += '0';
    return;
  }
  const fmt::format_int digits(fraction + ns_per_s);  // with a 1 in front, for the zeros
  append_without_zeros_at_end({digits.data() + 1, digits.size() - 1}, text);
}

void RowText::append_json_fields(const Row &row, std::string &text) {
  text += R"("timestamp":")";
  append_timestamp(row.realtime_ns, text);
  text += '"';
  for (std::size_t i = 0; i < column_count; i++) {
    text += json_names()[i];
    if (row.known[i])
      append_value(i, row.value[i], text);
    else
      text += "null";
  }
}

void RowText::append_csv_fields(const Row &row, std::string &text) {
  append_timestamp(row.realtime_ns, text);
  for (std::size_t i = 0; i < column_count; i++) {
    text += ',';
    if (row.known[i]) append_value(i, row.value[i], text);
  }
}

void RowText::append_timestamp(std::uint64_t realtime_ns, std::string &text) {
  if (const std::uint64_t second = realtime_ns / ns_per_s; second != second_) {
    second_ = second;
    const std::string whole = iso_8601(second * ns_per_s);
    second_text_ = whole.substr(0, whole.find('.') + 1);
  }
  constexpr std::uint64_t us_per_s = 1'000'000;
  text += second_text_;
  const fmt::format_int digits(realtime_ns % ns_per_s / 1000 + us_per_s);  // with a 1 in front, for the zeros
  text.append(digits.data() + 1, digits.size() - 1);
  text += 'Z';
}

}  // namespace rusage_bpf
