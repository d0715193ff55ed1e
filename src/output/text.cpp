#include "output/text.h"

#include <fmt/format.h>

#include <array>

#include "document/time.h"

namespace rusage_bpf {

std::string human_bytes(std::uint64_t bytes) {
  if (bytes < 1024) return fmt::format("{} B", bytes);
  constexpr std::array units{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  auto value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  // Three digits; the limits are where rounding would make it four.
  while (value >= 999.5 && unit + 1 < units.size()) {
    value /= 1024;
    unit++;
  }
  return fmt::format("{:.{}f} {}", value, value < 9.995 ? 2 : value < 99.95 ? 1 : 0, units[unit]);
}

std::string human_count(std::uint64_t count) {
  if (count < 1000) return fmt::format("{}", count);
  return fmt::format("{} {:03}", human_count(count / 1000), count % 1000);
}

std::string figure_text(std::uint64_t figure, std::string_view unit) {
  if (unit == "s") return fmt::format("{:.3f} s", seconds(figure));
  return unit == "bytes" ? human_bytes(figure) : human_count(figure);
}

}  // namespace rusage_bpf
