#include "document/time.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <ctime>
#include <utility>

#include "support/units.h"

namespace rusage_bpf::time_test {
namespace {

using test::greatest;
using test::second;
using Expected = std::pair<std::uint64_t, const char *>;

TEST_CASE("nanoseconds become exact seconds") {
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

TEST_CASE("a time of a document is read back to the microsecond") {
  const std::uint64_t ns = GENERATE(std::uint64_t{0}, std::uint64_t{1000}, second - 1000, second,
                                    1'709'251'199 * second, 1'795'346'925'123'456'000);
  CHECK(from_iso_8601(iso_8601(ns)) == ns);
}

TEST_CASE("text that is no such time is not read") {
  const std::string text = GENERATE("", "yesterday", "2026-11-22", "2026-11-22T11:28:45Z", "2026-11-22T11:28:45.123Z",
                                    "2026-11-22T11:28:45.123456", "2026-11-22T11:28:45.123456Z ",
                                    "1969-12-31T23:59:59.000000Z", "2026-11-22T11:28:45.-23456Z");
  CHECK_FALSE(from_iso_8601(text));
}

TEST_CASE("the local time zone changes no time") {
  setenv("TZ", "Asia/Kathmandu", 1);
  tzset();
  const std::string text = iso_8601(0);
  unsetenv("TZ");
  tzset();
  CHECK(text == "1970-01-01T00:00:00.000000Z");
}

}  // namespace
}  // namespace rusage_bpf::time_test
