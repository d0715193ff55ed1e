#include "document/time.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <ctime>
#include <string_view>

#include "os/clock.h"

namespace rusage_bpf {

double seconds(std::uint64_t ns) {
  return static_cast<double>(ns) / static_cast<double>(ns_per_s);
}

std::uint64_t nanoseconds(double seconds) {
  return static_cast<std::uint64_t>(std::llround(seconds * static_cast<double>(ns_per_s)));
}

std::string iso_8601(std::uint64_t realtime_ns) {
  const auto whole_s = static_cast<std::time_t>(realtime_ns / ns_per_s);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z", fmt::gmtime(whole_s), realtime_ns % ns_per_s / 1000);
}

std::optional<std::uint64_t> from_iso_8601(const std::string &text) {
  std::tm time{};
  const char *end = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &time);
  if (!end) return std::nullopt;
  const std::string_view rest = end;
  constexpr std::string_view example = ".123456Z";
  if (rest.size() != example.size() || rest.front() != '.' || rest.back() != 'Z') return std::nullopt;
  const std::string_view digits = rest.substr(1, example.size() - 2);
  unsigned microseconds = 0;
  const auto read = std::from_chars(digits.begin(), digits.end(), microseconds);
  if (read.ec != std::errc() || read.ptr != digits.end()) return std::nullopt;
  const std::time_t whole_s = timegm(&time);
  if (whole_s < 0 || static_cast<std::uint64_t>(whole_s) >= UINT64_MAX / ns_per_s) return std::nullopt;
  return static_cast<std::uint64_t>(whole_s) * ns_per_s + microseconds * std::uint64_t{1000};
}

}  // namespace rusage_bpf
