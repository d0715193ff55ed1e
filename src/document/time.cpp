#include "document/time.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cctype>
#include <cmath>
#include <cstdio>
#include <ctime>

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
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z", fmt::gmtime(whole_s),
                     realtime_ns % ns_per_s / 1000);
}

std::optional<std::uint64_t> from_iso_8601(const std::string &text) {
  std::tm time{};
  const char *rest = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &time);
  unsigned microseconds = 0;
  int end = 0;
  // %u takes a sign as well.
  if (!rest || rest[0] != '.' || std::isdigit(static_cast<unsigned char>(rest[1])) == 0 ||
      std::sscanf(rest, ".%6uZ%n", &microseconds, &end) != 1 || end != 8 || rest[end] != 0)
    return std::nullopt;
  const std::time_t whole_s = timegm(&time);
  if (whole_s < 0 || static_cast<std::uint64_t>(whole_s) >= UINT64_MAX / ns_per_s)
    return std::nullopt;
  return static_cast<std::uint64_t>(whole_s) * ns_per_s + microseconds * std::uint64_t{1000};
}

}  // namespace rusage_bpf
