#include "output/text.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <ctime>
#include <limits>
#include <utility>

namespace rusage_bpf {
namespace {

using Expected = std::pair<std::uint64_t, const char *>;

constexpr std::uint64_t second = 1'000'000'000;
constexpr std::uint64_t kib = 1024;
constexpr std::uint64_t mib = 1024 * kib;
constexpr std::uint64_t gib = 1024 * mib;
constexpr std::uint64_t tib = 1024 * gib;
constexpr std::uint64_t pib = 1024 * tib;
constexpr std::uint64_t eib = 1024 * pib;
constexpr std::uint64_t greatest = std::numeric_limits<std::uint64_t>::max();

TEST_CASE("nanoseconds become seconds, none of them lost") {
  CHECK(seconds(0) == 0);
  CHECK(seconds(1) == 1e-9);
  CHECK(seconds(100'000'000) == .1);
  CHECK(seconds(1'234'567'891) == 1.234567891);
  CHECK(seconds(86'400 * second + 1) == 86'400.000000001);
}

TEST_CASE("a time is written as UTC, with microseconds, never rounded up") {
  const auto [ns, text] = GENERATE(values<Expected>({
      {0, "1970-01-01T00:00:00.000000Z"},
      {999, "1970-01-01T00:00:00.000000Z"},
      {1000, "1970-01-01T00:00:00.000001Z"},
      {second - 1, "1970-01-01T00:00:00.999999Z"},
      {second, "1970-01-01T00:00:01.000000Z"},
      {1'704'067'200 * second - 1, "2023-12-31T23:59:59.999999Z"},
      {1'704'067'200 * second, "2024-01-01T00:00:00.000000Z"},
      {1'709'251'199 * second, "2024-02-29T23:59:59.000000Z"},
      {1'795'346'925'123'456'789, "2026-11-22T11:28:45.123456Z"},
      {greatest, "2554-07-21T23:34:33.709551Z"},
  }));
  CHECK(iso_8601(ns) == text);
}

TEST_CASE("the local time zone changes no time") {
  setenv("TZ", "Asia/Kathmandu", 1);
  tzset();
  const std::string text = iso_8601(0);
  unsetenv("TZ");
  tzset();
  CHECK(text == "1970-01-01T00:00:00.000000Z");
}

TEST_CASE("bytes are given as three digits and a unit, and exactly below 1 KiB") {
  const auto [bytes, text] = GENERATE(values<Expected>({
      {0, "0 B"},
      {1, "1 B"},
      {kib - 1, "1023 B"},
      {kib, "1.00 KiB"},
      {10 * kib - 1, "10.0 KiB"},
      {10 * kib, "10.0 KiB"},
      {100 * kib - 1, "100 KiB"},
      {100 * kib, "100 KiB"},
      {999 * kib, "999 KiB"},
      {1000 * kib - 1, "0.98 MiB"},
      {1000 * kib, "0.98 MiB"},
      {mib, "1.00 MiB"},
      {gib, "1.00 GiB"},
      {gib + gib / 5, "1.20 GiB"},
      {tib, "1.00 TiB"},
      {pib, "1.00 PiB"},
      {1000 * pib, "0.98 EiB"},
      {eib, "1.00 EiB"},
      {greatest, "16.0 EiB"},
  }));
  CHECK(human_bytes(bytes) == text);
}

TEST_CASE("counts are grouped by thousands") {
  const auto [count, text] = GENERATE(values<Expected>({
      {0, "0"},
      {999, "999"},
      {1000, "1 000"},
      {1001, "1 001"},
      {999'999, "999 999"},
      {1'000'000, "1 000 000"},
      {1'234'567, "1 234 567"},
      {greatest, "18 446 744 073 709 551 615"},
  }));
  CHECK(human_count(count) == text);
}

}  // namespace
}  // namespace rusage_bpf
