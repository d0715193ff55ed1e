#include "output/live_line.h"

#include <catch2/catch.hpp>

#include "support/units.h"

namespace rusage_bpf::live_line_test {
namespace {

using test::gib;
using test::kib;
using test::mib;
using test::second;

LiveFigures some_figures() {
  return {.elapsed_ns = 12 * second + second / 2,
          .cpu = 1.87,
          .rss_bytes = gib + gib / 5,
          .processes = 13,
          .read_bytes_per_s = 3.5 * static_cast<double>(mib),
          .write_bytes_per_s = 12.0 * static_cast<double>(kib),
          .recent_cpu = {0, .5, 1, 2, 4}};
}

std::string plain(const LiveFigures &figures, std::size_t columns) {
  return live_line(figures, columns, {.blocks = false, .colours = false});
}

constexpr const char *whole = "0:12  CPU 187 %  RSS 1.20 GiB  procs 13  r 3.50 MiB/s  w 12.0 KiB/s";

TEST_CASE("the live line says how long, CPU, memory, processes, and what is read and written") {
  CHECK(plain(some_figures(), 200) == whole);
}

TEST_CASE("the live line is cut to be narrower than the terminal") {
  const std::string line = whole;
  for (std::size_t columns = 0; columns < 120; columns++) {
    CAPTURE(columns);
    const std::string shown = plain(some_figures(), columns);
    CHECK(line.starts_with(shown));
    CHECK((shown.empty() || shown.size() < columns));
  }
  CHECK(plain(some_figures(), line.size() + 1) == line);
  CHECK(plain(some_figures(), line.size()) == "0:12  CPU 187 %  RSS 1.20 GiB  procs 13  r 3.50 MiB/s");
  CHECK(plain(some_figures(), 31) == "0:12  CPU 187 %  RSS 1.20 GiB");
  CHECK(plain(some_figures(), 5) == "0:12");
  CHECK(plain(some_figures(), 4).empty());
}

TEST_CASE("the sparkline uses the rest of the line, and shows the latest values") {
  const auto with_blocks = [](std::size_t columns) {
    return live_line(some_figures(), columns, {.blocks = true, .colours = false});
  };
  CHECK(with_blocks(80) == "0:12  CPU 187 %       ▁▂▃▅█  RSS 1.20 GiB  procs 13  r 3.50 MiB/s  w 12.0 KiB/s");
  const std::string figures = whole;
  const std::size_t least = figures.size() + 2 + 4 + 1;
  CHECK(with_blocks(least) == "0:12  CPU 187 %  ▂▃▅█  RSS 1.20 GiB  procs 13  r 3.50 MiB/s  w 12.0 KiB/s");
  CHECK(with_blocks(least - 1) == figures);
  CHECK(with_blocks(300) == with_blocks(200));
}

TEST_CASE("less than a core is drawn as its part of one") {
  LiveFigures figures = some_figures();
  figures.recent_cpu = {0, .1, .25, .5, .99, 1};
  CHECK_THAT(live_line(figures, 80, {.blocks = true, .colours = false}), Catch::Matchers::Contains("▁▁▃▅██  RSS"));
}

TEST_CASE("colours change nothing but the colours") {
  const std::string line = live_line(some_figures(), 80, {.blocks = true, .colours = true});
  CHECK_THAT(line, Catch::Matchers::Contains("\x1b[32m") && Catch::Matchers::Contains("█\x1b[0m"));
}

TEST_CASE("an unknown value is a dash of the same width") {
  LiveFigures figures;
  CHECK(plain(figures, 200) == "0:00  CPU   - %  RSS        -  procs  -  r          -  w          -");
}

TEST_CASE("a long recording is counted in hours") {
  LiveFigures figures;
  figures.elapsed_ns = 3600 * second - 1;
  CHECK(plain(figures, 6) == "59:59");
  figures.elapsed_ns = 26 * 3600 * second + 61 * second;
  CHECK(plain(figures, 9) == "26:01:01");
}

}  // namespace
}  // namespace rusage_bpf::live_line_test
