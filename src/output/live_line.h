// The current usage of a recording, as text on one line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rusage_bpf {

// A longer one does not show more.
inline constexpr std::size_t longest_sparkline = 20;

// An unknown value is a dash.
struct LiveFigures {
  std::uint64_t elapsed_ns = 0;
  std::optional<double> cpu;  // in cores
  std::optional<std::uint64_t> rss_bytes;
  std::optional<std::uint64_t> processes;
  std::optional<double> read_bytes_per_s;
  std::optional<double> write_bytes_per_s;
  std::vector<double> recent_cpu;  // the latest last
};

struct LiveStyle {
  bool blocks = false;  // the terminal has the characters that a sparkline is made of
  bool colours = false;
};

// "0:12  CPU 187 %  ▂▃▅▇█  RSS 1.21 GiB  procs 13  r 3.10 MiB/s  w 12.0 KiB/s": as much of it as fits into the
// terminal.
std::string live_line(const LiveFigures &figures, std::size_t terminal_columns, LiveStyle style);

}  // namespace rusage_bpf
