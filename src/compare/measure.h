// What two recordings are compared by. One list for the table, for --fail-if and for JSON.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/buckets.h"
#include "model/recording.h"

namespace rusage_bpf {

// In the measure's unit; nothing: not known, which is not 0.
using Figure = std::optional<std::uint64_t>;

struct Measure {
  std::string name;       // the column's, "cpu", or "peak_rss" of a gauge
  std::string_view unit;  // the column's: "s" is held in nanoseconds
  std::size_t series;     // a column, or cpu_series

  // Of all rows: a counter's sum, a gauge's peak. Of memory, the greatest of that and of single processes' own peaks.
  [[nodiscard]] Figure of(const Outcome &outcome) const;

  // Whether single commands have it: counters, cpu and peak_rss.
  [[nodiscard]] bool of_commands() const;
  [[nodiscard]] Figure of(const Command &command) const;
};

// elapsed and cpu, the counters, the peaks of the gauges; each in the columns' order.
const std::vector<Measure> &measures();

// Nothing where there is none of that name.
const Measure *find_measure(std::string_view name);

// How far two figures are from each other.
std::uint64_t apart(std::uint64_t one, std::uint64_t other);

}  // namespace rusage_bpf
