#include "document/fields.h"

#include <fmt/format.h>

#include <cmath>

#include "document/time.h"

namespace rusage_bpf {
namespace {

// 285 years in nanoseconds fit into 64 bits.
constexpr double longest_s = 9e9;
// Above this, a double does not hold every whole number.
constexpr double greatest_whole = 9007199254740992.0;

[[noreturn]] void refuse(const Json &value, std::string_view key, std::string_view expected) {
  constexpr std::size_t longest = 40;
  // A nested value is not printed: it may be so deep that printing would exhaust the stack.
  std::string text =
      value.is_structured() ? value.type_name() : value.dump(-1, ' ', true, Json::error_handler_t::replace);
  if (text.size() > longest) text = text.substr(0, longest) + "...";
  throw WrongField(fmt::format("{} must be {}, and is {}", key, expected, text));
}

const Json &required(const Json &object, std::string_view key) {
  const Json *value = find_field(object, key);
  if (!value) throw WrongField(fmt::format("{} is missing", key));
  return *value;
}

}  // namespace

const Json &object_in(const Json &object, std::string_view key) {
  const Json &value = required(object, key);
  if (!value.is_object()) refuse(value, key, "an object");
  return value;
}

const Json &array_in(const Json &object, std::string_view key) {
  const Json &value = required(object, key);
  if (!value.is_array()) refuse(value, key, "a list");
  return value;
}

const Json *find_field(const Json &object, std::string_view key) {
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

std::uint64_t to_unsigned(const Json &value, std::string_view key, std::uint64_t greatest) {
  // Other programs write whole numbers with a fraction part too: 3.0.
  std::optional<std::uint64_t> number;
  if (value.is_number_integer()) {
    if (value.is_number_unsigned() || value.get<std::int64_t>() >= 0) number = value.get<std::uint64_t>();
  } else if (value.is_number_float()) {
    const auto float_value = value.get<double>();
    if (float_value >= 0 && float_value <= greatest_whole && std::trunc(float_value) == float_value)
      number = static_cast<std::uint64_t>(float_value);
  }
  if (!number || *number > greatest) refuse(value, key, fmt::format("a whole number from 0 to {}", greatest));
  return *number;
}

int to_int(const Json &value, std::string_view key) {
  return static_cast<int>(to_unsigned(value, key, std::numeric_limits<int>::max()));
}

std::optional<std::uint64_t> nanoseconds_in_range(double seconds) {
  return seconds >= 0 && seconds <= longest_s ? std::optional(nanoseconds(seconds)) : std::nullopt;
}

std::uint64_t to_nanoseconds(const Json &value, std::string_view key) {
  const auto ns = nanoseconds_in_range(value.is_number() ? value.get<double>() : -1);
  if (!ns) refuse(value, key, fmt::format("seconds from 0 to {}", longest_s));
  return *ns;
}

std::int64_t to_signed_nanoseconds(const Json &value, std::string_view key) {
  const double seconds = value.is_number() ? value.get<double>() : longest_s * 2;
  if (!(std::abs(seconds) <= longest_s))
    refuse(value, key, fmt::format("seconds from {} to {}", -longest_s, longest_s));
  return std::llround(seconds * 1e9);
}

std::string to_string(const Json &value, std::string_view key) {
  if (!value.is_string()) refuse(value, key, "text");
  return value.get<std::string>();
}

std::vector<std::string> to_strings(const Json &value, std::string_view key) {
  if (!value.is_array()) refuse(value, key, "a list of texts");
  std::vector<std::string> strings;
  for (const Json &element : value) strings.push_back(to_string(element, key));
  return strings;
}

bool to_bool(const Json &value, std::string_view key) {
  if (!value.is_boolean()) refuse(value, key, "true or false");
  return value.get<bool>();
}

std::optional<std::uint64_t> nanoseconds_field(const Json &object, std::string_view key) {
  const Json *value = find_field(object, key);
  return value ? std::optional(to_nanoseconds(*value, key)) : std::nullopt;
}

std::optional<std::int64_t> signed_nanoseconds_field(const Json &object, std::string_view key) {
  const Json *value = find_field(object, key);
  return value ? std::optional(to_signed_nanoseconds(*value, key)) : std::nullopt;
}

}  // namespace rusage_bpf
