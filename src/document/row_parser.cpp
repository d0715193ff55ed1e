#include "document/row_parser.h"

#include <simdjson.h>

#include <array>
#include <charconv>
#include <utility>

#include "document/fields.h"
#include "document/time.h"
#include "os/clock.h"

namespace rusage_bpf {
namespace {

static_assert(RowParser::padding >= simdjson::SIMDJSON_PADDING);

// The numbers of fields: the columns, and then these.
constexpr std::size_t timestamp = column_count;
constexpr std::size_t unknown_field = column_count + 1;

// The name of each field with the quote behind it.
const std::array<std::string, column_count + 1> &field_names() {
  static const auto names = [] {
    std::array<std::string, column_count + 1> made;
    for (std::size_t i = 0; i < column_count; i++) made[i] = std::string(columns[i].name) + '"';
    made[timestamp] = "timestamp\"";
    return made;
  }();
  return names;
}

// `name` is behind the first quote. `likely` is the field that follows the one before in most documents.
std::size_t find_name(const char *name, std::size_t likely) {
  const auto &names = field_names();
  const auto is = [&](std::size_t i) { return std::string_view(name, names[i].size()) == names[i]; };
  if (is(likely)) return likely;
  for (std::size_t i = 0; i < names.size(); i++)
    if (is(i)) return i;
  return unknown_field;
}

// False if the library has found something else.
template <typename Found, typename Value>
bool take(Found &&found, Value &value) {
  return std::forward<Found>(found).get(value) == simdjson::SUCCESS;
}

// Nothing if it is not a usual number of this column.
std::optional<std::uint64_t> read_number(std::size_t column, simdjson::ondemand::value &value) {
  if (columns[column].in_nanoseconds()) {
    double seconds = 0;
    return take(value.get_double(), seconds) ? nanoseconds_in_range(seconds) : std::nullopt;
  }
  std::uint64_t number = 0;
  return take(value.get_uint64(), number) ? std::optional(number) : std::nullopt;
}

// False if the value is neither a usual number nor null.
bool read_column(std::size_t column, simdjson::ondemand::value &value, Row &row) {
  if (const auto number = read_number(column, value)) {
    row.value[column] = *number;
    row.known.set(column);
    return true;
  }
  bool is_null = false;
  return take(value.is_null(), is_null) && is_null;
}

}  // namespace

class RowParser::Library {
 public:
  simdjson::ondemand::parser parser;
};

RowParser::RowParser() : library_(std::make_unique<Library>()) {}

RowParser::~RowParser() = default;

std::optional<Row> RowParser::read(std::string_view object) {
  std::optional<Row> row(std::in_place);
  if (!read_fields(object, *row)) row.reset();
  return row;
}

bool RowParser::read_fields(std::string_view object, Row &row) {
  // simdjson 3.12 skips a byte order mark, which stands at the beginning of a file alone.
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  if (object.size() > longest || object.starts_with(byte_order_mark)) return false;
  simdjson::ondemand::document document;
  simdjson::ondemand::object fields;
  if (!take(library_->parser.iterate(object.data(), object.size(), object.size() + padding), document)) return false;
  if (!take(document.get_object(), fields)) return false;
  std::bitset<unknown_field> met;
  std::size_t likely = timestamp;
  for (auto each : fields) {
    simdjson::ondemand::field field;
    if (!take(std::move(each), field)) return false;
    const std::size_t name = find_name(field.key().raw(), likely);
    if (name == unknown_field || met[name]) return false;
    met.set(name);
    likely = name == timestamp ? 0 : name + 1;
    if (name != timestamp) {
      if (!read_column(name, field.value(), row)) return false;
      continue;
    }
    simdjson::ondemand::raw_json_string text;
    if (!take(field.value().get_raw_json_string(), text)) return false;
    const auto time = realtime_ns(text.raw());
    if (!time) return false;
    row.realtime_ns = *time;
  }
  return document.current_location().error() == simdjson::OUT_OF_BOUNDS;
}

// The text is behind the first quote.
std::optional<std::uint64_t> RowParser::realtime_ns(const char *text) {
  constexpr std::string_view example = "2026-11-22T11:28:45.123456Z";
  constexpr std::size_t fraction_at = example.find('.') + 1;
  constexpr std::size_t fraction_end = example.size() - 1;
  if (text[fraction_end] != 'Z' || text[example.size()] != '"') return std::nullopt;
  if (std::string_view(text, fraction_at) != second_text_) {
    const auto time = from_iso_8601(std::string(text, example.size()));
    if (!time) return std::nullopt;
    second_text_.assign(text, fraction_at);
    second_ns_ = *time - *time % ns_per_s;
  }
  unsigned microseconds = 0;
  const auto read = std::from_chars(text + fraction_at, text + fraction_end, microseconds);
  if (read.ec != std::errc() || read.ptr != text + fraction_end) return std::nullopt;
  return second_ns_ + microseconds * std::uint64_t{1000};
}

}  // namespace rusage_bpf
