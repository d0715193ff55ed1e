#include "output/live_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "output/text.h"

namespace rusage_bpf {
namespace {

constexpr std::size_t shortest_sparkline = 4;
constexpr std::string_view gap = "  ";

// "0:12", "1:00:12".
std::string clock(std::uint64_t elapsed_ns) {
  const std::uint64_t s = elapsed_ns / 1'000'000'000;
  if (s < 3600) return fmt::format("{}:{:02}", s / 60, s % 60);
  return fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
}

std::string percent(const std::optional<double> &cores) {
  return cores ? fmt::format("{:.0f}", *cores * 100) : "-";
}

std::string bytes(const std::optional<std::uint64_t> &bytes) {
  return bytes ? human_bytes(*bytes) : "-";
}

std::string rate(const std::optional<double> &bytes_per_s) {
  if (!bytes_per_s) return "-";
  return human_bytes(static_cast<std::uint64_t>(std::llround(*bytes_per_s))) + "/s";
}

// A full block is one core, or the greatest value if that is more.
std::string sparkline(const std::vector<double> &cpu, std::size_t cells) {
  constexpr std::array blocks{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const auto shown = static_cast<std::ptrdiff_t>(std::min(cells, cpu.size()));
  const auto first = cpu.end() - shown;
  const double full = std::max(1.0, shown > 0 ? *std::max_element(first, cpu.end()) : 0);
  std::string text(cells - static_cast<std::size_t>(shown), ' ');
  for (auto value = first; value != cpu.end(); ++value) {
    const auto level = static_cast<std::size_t>(*value / full * static_cast<double>(blocks.size()));
    text += blocks.at(std::min(level, blocks.size() - 1));
  }
  return text;
}

}  // namespace

std::string live_line(const LiveFigures &figures, std::size_t terminal_columns, LiveStyle style) {
  // Figures are padded, so that the others keep their places as they grow.
  const std::array pieces{clock(figures.elapsed_ns),
                          fmt::format("CPU {:>3} %", percent(figures.cpu)),
                          fmt::format("RSS {:>8}", bytes(figures.rss_bytes)),
                          fmt::format("procs {:>2}", figures.processes ? fmt::format("{}", *figures.processes) : "-"),
                          fmt::format("r {:>10}", rate(figures.read_bytes_per_s)),
                          fmt::format("w {:>10}", rate(figures.write_bytes_per_s))};
  constexpr std::size_t place_of_sparkline = 2;
  std::size_t shown = 0;
  std::size_t width = 0;
  for (const std::string &piece : pieces) {
    const std::size_t wider = width + (shown > 0 ? gap.size() : 0) + piece.size();
    if (wider >= terminal_columns) break;
    width = wider;
    shown++;
  }
  // A narrow terminal has no sparkline.
  const std::size_t available = terminal_columns - std::min(terminal_columns, width + gap.size() + 1);
  const bool drawn = style.blocks && shown == pieces.size() && available >= shortest_sparkline;

  std::string line;
  for (std::size_t i = 0; i < shown; i++) {
    if (i > 0) line += gap;
    if (drawn && i == place_of_sparkline) {
      const std::string cells = sparkline(figures.recent_cpu, std::min(available, longest_sparkline));
      line += (style.colours ? "\x1b[32m" + cells + "\x1b[0m" : cells);
      line += gap;
    }
    line += pieces[i];
  }
  return line;
}

}  // namespace rusage_bpf
