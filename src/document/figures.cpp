#include "document/figures.h"

#include <string_view>

#include "document/fields.h"
#include "document/time.h"

namespace rusage_bpf {

Json number_or_null(std::size_t column, std::uint64_t value, bool known) {
  if (!known) return nullptr;
  if (columns[column].in_nanoseconds()) return seconds(value);
  return value;
}

std::uint64_t number_from(std::size_t column, const Json &json) {
  const std::string_view name = columns[column].name;
  return columns[column].in_nanoseconds() ? to_nanoseconds(json, name) : to_unsigned(json, name, UINT64_MAX);
}

}  // namespace rusage_bpf
