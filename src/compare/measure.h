// The values by which two recordings are compared: one list for the table, --fail-if and JSON.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/buckets.h"
#include "model/recording.h"

namespace rusage_bpf {

// In the unit of the measure; nothing: unknown.
using Figure = std::optional<std::uint64_t>;

struct Measure {
  std::string name;       // the column's, "cpu", or "peak_rss" of a gauge
  std::string_view unit;  // the column's: "s" is held in nanoseconds
  std::size_t series;     // a column, or cpu_series

  // Of all rows: the sum of a counter, the peak of a gauge. Of rss, the larger of that and the largest peak of a
  // process.
  [[nodiscard]] Figure of(const Outcome &outcome) const;

  // Whether single commands have it: the counters of processes, cpu and peak_rss.
  [[nodiscard]] bool of_commands() const;
  [[nodiscard]] Figure of(const Command &command) const;
};

// elapsed and cpu, the counters, the peaks of the gauges; each in the order of the columns.
const std::vector<Measure> &measures();

// Null if there is none of that name.
const Measure *find_measure(std::string_view name);

// The distance of two values.
std::uint64_t apart(std::uint64_t one, std::uint64_t other);

}  // namespace rusage_bpf
