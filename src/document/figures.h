// Values as JSON, and back: in the unit of the column, null if unknown.
#pragma once

#include <cstdint>
#include <optional>

#include "document/json.h"
#include "model/column.h"

namespace rusage_bpf {

// `value` is in nanoseconds if the column is in seconds.
Json number_or_null(std::size_t column, std::uint64_t value, bool known);

template <typename T>
Json value_or_null(const std::optional<T> &value) {
  return value ? Json(*value) : Json(nullptr);
}

// Throws WrongField as document/fields.h does.
std::uint64_t number_from(std::size_t column, const Json &json);

}  // namespace rusage_bpf
