#include "output/text.h"

#include <catch2/catch.hpp>
#include <utility>

#include "os/text.h"
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

TEST_CASE("characters that control a terminal, or are invisible, are shown as escapes") {
  const auto [bytes, text] = GENERATE(values<std::pair<std::string, const char *>>({
      {"plain caf\xc3\xa9 \xe6\x97\xa5 \xf0\x9f\x98\x80", "plain caf\xc3\xa9 \xe6\x97\xa5 \xf0\x9f\x98\x80"},
      {"two\nlines\tand\rmore\v\f", "two lines and more  "},
      {"\x1b[31mred\x7f\x01", "\\x1b[31mred\\x7f\\x01"},
      {std::string(1, '\0') + "a", "\\x00a"},
      {"\xc2\x9b"
       "31m",
       "\\u009b31m"},
      {"\xc2\x80\xc2\x9f\xc2\xad", "\\u0080\\u009f\\u00ad"},
      {"a\xe2\x80\xaetxt.exe", "a\\u202etxt.exe"},
      {"\xe2\x81\xa6\xe2\x81\xa9", "\\u2066\\u2069"},
      {"\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c", "\\u200e\\u200f\\u061c"},
      {"\xe2\x80\x8b\xef\xbb\xbf\xe2\x80\xa8", "\\u200b\\ufeff\\u2028"},
      {"\xf3\xa0\x80\x81", "\\U000e0001"},
      {"n\xffme \xc3 \x9b", "n\\xffme \\xc3 \\x9b"},
  }));
  CHECK(one_line(bytes) == text);
  CHECK(one_line(text) == text);
}

TEST_CASE("a line is cut and padded by its width in columns, between characters") {
  const std::string wide = "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e";  // three characters of two columns each
  const std::string accent = "e\xcc\x81";                           // two characters, one column
  CHECK(width_of(wide) == 6);
  CHECK(width_of(accent) == 1);
  CHECK(width_of("caf\xc3\xa9") == 4);
  CHECK(one_line(wide, 6) == wide);
  CHECK(one_line(wide, 5) == "\xe6\x97\xa5...");
  CHECK(one_line(wide, 4) == "...");
  CHECK(one_line("abcdef", 6) == "abcdef");
  CHECK(one_line("abcdefg", 6) == "abc...");
  CHECK(one_line("abc\x1b[0m", 7) == "abc...");  // no half of an escape
  CHECK(one_line(std::string(100, '\xff'), 11) == "\\xff\\xff...");
  CHECK(padded(wide, 8) == wide + "  ");
  CHECK(padded(accent, 3) == accent + "  ");
  CHECK(padded("abcdef", 3) == "abcdef");
}

}  // namespace
}  // namespace rusage_bpf::text_test
