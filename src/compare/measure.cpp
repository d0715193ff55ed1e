#include "compare/measure.h"

#include <fmt/format.h>

#include <algorithm>

namespace rusage_bpf {
namespace {

std::vector<Measure> all_measures() {
  std::vector<Measure> all{{"elapsed", columns[RUSAGE_elapsed].unit, RUSAGE_elapsed},
                           {"cpu", columns[RUSAGE_user].unit, cpu_series}};
  for (std::size_t i = 0; i < column_count; i++)
    if (columns[i].is_counter()) all.push_back({std::string(columns[i].name), columns[i].unit, i});
  for (std::size_t i = 0; i < column_count; i++)
    if (columns[i].is_gauge()) all.push_back({fmt::format("peak_{}", columns[i].name), columns[i].unit, i});
  return all;
}

}  // namespace

Figure Measure::of(const Outcome &outcome) const {
  const Totals &totals = outcome.totals;
  if (series == RUSAGE_rss && outcome.rss_at_least) return outcome.rss_at_least;
  if (series == RUSAGE_elapsed) return totals.rows() > 0 ? Figure(totals.elapsed_ns()) : std::nullopt;
  if (series != cpu_series) return totals.known(series) ? Figure(totals[series]) : std::nullopt;
  if (!totals.known(RUSAGE_user) || !totals.known(RUSAGE_system)) return std::nullopt;
  return totals[RUSAGE_user] + totals[RUSAGE_system];
}

bool Measure::of_commands() const {
  return series == cpu_series || series == RUSAGE_rss || columns[series].is_per_process();
}

Figure Measure::of(const Command &command) const {
  if (series == RUSAGE_rss) return command.peak_rss;
  if (series != cpu_series) return command.known[series] ? Figure(command.value[series]) : std::nullopt;
  if (!command.known[RUSAGE_user] || !command.known[RUSAGE_system]) return std::nullopt;
  return command.cpu_ns();
}

const std::vector<Measure> &measures() {
  static const std::vector<Measure> all = all_measures();
  return all;
}

const Measure *find_measure(std::string_view name) {
  const auto &all = measures();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Measure &measure) { return measure.name == name; });
  return found == all.end() ? nullptr : &*found;
}

std::uint64_t apart(std::uint64_t one, std::uint64_t other) {
  return std::max(one, other) - std::min(one, other);
}

}  // namespace rusage_bpf
