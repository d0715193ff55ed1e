// Fields of JSON objects that another program may have written. A field that is missing or null is nothing; one of
// another type, or a number out of range, throws WrongField, which never leaves this module.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "document/json.h"

namespace rusage_bpf {

// Its text is a sentence: "cpus must be a whole number from 0 to 4294967295, and is -1".
class WrongField : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The object or list, which must be there.
const Json &object_in(const Json &object, std::string_view key);
const Json &array_in(const Json &object, std::string_view key);

// Null if it is missing or null.
const Json *find_field(const Json &object, std::string_view key);

// `key` is for the message.
std::uint64_t to_unsigned(const Json &value, std::string_view key, std::uint64_t greatest);
int to_int(const Json &value, std::string_view key);
// From seconds, as nanoseconds; nothing if they are negative or too many.
std::optional<std::uint64_t> nanoseconds_in_range(double seconds);
std::uint64_t to_nanoseconds(const Json &value, std::string_view key);
// The same for an instant, which may be negative.
std::int64_t to_signed_nanoseconds(const Json &value, std::string_view key);
std::string to_string(const Json &value, std::string_view key);
std::vector<std::string> to_strings(const Json &value, std::string_view key);
bool to_bool(const Json &value, std::string_view key);

template <typename T>
std::optional<T> field(const Json &object, std::string_view key) {
  const Json *value = find_field(object, key);
  if (!value) return std::nullopt;
  if constexpr (std::is_same_v<T, bool>)
    return to_bool(*value, key);
  else if constexpr (std::is_same_v<T, int>)
    return to_int(*value, key);
  else if constexpr (std::is_same_v<T, std::string>)
    return to_string(*value, key);
  else if constexpr (std::is_same_v<T, std::vector<std::string>>)
    return to_strings(*value, key);
  else
    return static_cast<T>(to_unsigned(*value, key, std::numeric_limits<T>::max()));
}

template <typename T>
T field_or(const Json &object, std::string_view key, T otherwise = T()) {
  return field<T>(object, key).value_or(otherwise);
}

// A field in seconds, as nanoseconds.
std::optional<std::uint64_t> nanoseconds_field(const Json &object, std::string_view key);
std::optional<std::int64_t> signed_nanoseconds_field(const Json &object, std::string_view key);

}  // namespace rusage_bpf
