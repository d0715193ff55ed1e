// The columns of a row as C++ sees them, their groups and their charts; the lists are in
// include/rusage_bpf/columns.h.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <string_view>

#include "rusage_bpf/columns.h"

namespace rusage_bpf {

inline constexpr std::size_t column_count = RUSAGE_COLUMN_COUNT;

// One number a column. Columns in seconds are held in nanoseconds.
using Values = std::array<std::uint64_t, column_count>;
// Which of them are known: what a source does not have is unknown, never 0.
using Known = std::bitset<column_count>;

#define RUSAGE_ID(id, ...) id,
enum class GroupId { RUSAGE_GROUPS(RUSAGE_ID) };
enum class ChartId { RUSAGE_CHARTS(RUSAGE_ID) };
#undef RUSAGE_ID

// A line of the summary, and a card of the page.
struct Group {
  GroupId id;
  std::string_view key;
  std::string_view name;
  std::string_view title;
  std::string_view colour;
};

// Columns that are drawn together.
struct Chart {
  ChartId id;
  GroupId group;
  std::string_view name;
};

struct Column {
  enum class Kind { counter, gauge, time };
  enum class Sources { clock, bpf, bpf_and_proc };
  // Whether each process record has its part of it, and whether the page's tables show that.
  enum class Processes { none, summed, shown };
  // A counter's difference is drawn by the second: as a share of one core, as the tasks that wait, or as a rate.
  enum class Drawn { cpu_share, waiting_tasks, rate, level };

  std::string_view name;
  std::string_view unit;
  Kind kind;
  Sources sources;
  std::optional<ChartId> chart;  // nothing: it is not drawn
  std::string_view label;
  Processes processes;

  [[nodiscard]] constexpr bool is_counter() const { return kind == Kind::counter; }
  [[nodiscard]] constexpr bool is_gauge() const { return kind == Kind::gauge; }
  [[nodiscard]] constexpr bool is_time() const { return kind == Kind::time; }
  [[nodiscard]] constexpr bool in_nanoseconds() const { return unit == "s"; }
  [[nodiscard]] constexpr bool is_per_process() const { return processes != Processes::none; }
  [[nodiscard]] constexpr Drawn drawn() const {
    if (!is_counter()) return Drawn::level;
    if (!in_nanoseconds()) return Drawn::rate;
    return chart == ChartId::cpu_time ? Drawn::cpu_share : Drawn::waiting_tasks;
  }
};

#define RUSAGE_GROUP(id, name, title, colour) Group{GroupId::id, #id, name, title, #colour},
inline constexpr std::array groups{RUSAGE_GROUPS(RUSAGE_GROUP)};
#undef RUSAGE_GROUP

#define RUSAGE_CHART(id, group, name) Chart{ChartId::id, GroupId::group, name},
inline constexpr std::array charts{RUSAGE_CHARTS(RUSAGE_CHART)};
#undef RUSAGE_CHART

#define RUSAGE_GAUGE(name, unit, sources, chart, label) \
  Column{#name, #unit, Column::Kind::gauge, Column::Sources::sources, ChartId::chart, label, Column::Processes::none},
#define RUSAGE_COUNTER(name, unit, sources, chart, label, processes)                   \
  Column{#name,          #unit, Column::Kind::counter,       Column::Sources::sources, \
         ChartId::chart, label, Column::Processes::processes},
#define RUSAGE_TASK(name, unit, field, ...) RUSAGE_COUNTER(name, unit, __VA_ARGS__)
#define RUSAGE_TIME(name, unit) \
  Column{#name, #unit, Column::Kind::time, Column::Sources::clock, {}, #name, Column::Processes::none},
inline constexpr std::array<Column, column_count> columns{
    RUSAGE_COLUMNS(RUSAGE_GAUGE, RUSAGE_COUNTER, RUSAGE_TASK, RUSAGE_COUNTER, RUSAGE_TIME)};
#undef RUSAGE_GAUGE
#undef RUSAGE_COUNTER
#undef RUSAGE_TASK
#undef RUSAGE_TIME

}  // namespace rusage_bpf
