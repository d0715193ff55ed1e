// The columns of a row as C++ sees them; the list itself is include/rusage_bpf/columns.h.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <string_view>

#include "rusage_bpf/columns.h"

namespace rusage_bpf {

inline constexpr std::size_t column_count = RUSAGE_COLUMN_COUNT;

// One number a column. Columns in seconds are held in nanoseconds.
using Values = std::array<std::uint64_t, column_count>;
// Which of them are known: what a source cannot tell is unknown, never 0.
using Known = std::bitset<column_count>;

struct Column {
  enum class Kind { counter, gauge, time };

  std::string_view name;
  std::string_view unit;
  Kind kind;

  [[nodiscard]] constexpr bool is_counter() const { return kind == Kind::counter; }
  [[nodiscard]] constexpr bool is_gauge() const { return kind == Kind::gauge; }
  [[nodiscard]] constexpr bool is_time() const { return kind == Kind::time; }
  [[nodiscard]] constexpr bool in_nanoseconds() const { return unit == "s"; }
};

#define RUSAGE_GAUGE(name, unit) Column{#name, #unit, Column::Kind::gauge},
#define RUSAGE_COUNTER(name, unit, ...) Column{#name, #unit, Column::Kind::counter},
#define RUSAGE_TIME(name, unit) Column{#name, #unit, Column::Kind::time},
inline constexpr std::array<Column, column_count> columns{
    RUSAGE_COLUMNS(RUSAGE_GAUGE, RUSAGE_COUNTER, RUSAGE_COUNTER, RUSAGE_COUNTER, RUSAGE_TIME)};
#undef RUSAGE_GAUGE
#undef RUSAGE_COUNTER
#undef RUSAGE_TIME

}  // namespace rusage_bpf
