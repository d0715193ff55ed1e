#include "output/text.h"

#include <catch2/catch.hpp>
#include <utility>

#include "support/units.h"

namespace rusage_bpf::text_test {
namespace {

using test::gib;
using test::greatest;
using test::kib;
using test::mib;
using test::tib;
using Expected = std::pair<std::uint64_t, const char *>;

constexpr std::uint64_t pib = 1024 * tib;
constexpr std::uint64_t eib = 1024 * pib;

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
}  // namespace rusage_bpf::text_test
