#include "cli/report_options.h"

#include <catch2/catch.hpp>

namespace rusage_bpf::report_options_test {
namespace {

Result<ConvertOptions> parse_page(std::vector<const char *> words) {
  words.insert(words.begin(), "report");
  return parse_report(words);
}

TEST_CASE("a page is beside its recording, with its name") {
  const auto [input, page] = GENERATE(table<const char *, const char *>({
      {"rusage.json", "rusage.html"},
      {"some.dir/run.1.ndjson", "some.dir/run.1.html"},
      {"some.dir/run", "some.dir/run.html"},
      {"./.hidden", "./.hidden.html"},
      {"-", "rusage.html"},
  }));
  const auto options = parse_page({input});
  REQUIRE(options);
  CHECK(options->input == input);
  CHECK(options->outputs == std::vector<std::string>{page});
}

TEST_CASE("the default recording is rusage.json") {
  const auto options = parse_page({});
  REQUIRE(options);
  CHECK(options->input == "rusage.json");
}

TEST_CASE("a page is an .html file") {
  CHECK(parse_page({"run.json", "-o", "x.html"})->outputs == std::vector<std::string>{"x.html"});
  const auto other = parse_page({"run.json", "-o", "x.csv"});
  REQUIRE_FALSE(other);
  CHECK(other.error().kind == Error::Kind::usage);
  CHECK_THAT(other.error().message, Catch::Contains("x.csv") && Catch::Contains("convert"));
  CHECK_FALSE(parse_page({"a", "b"}));
}

}  // namespace
}  // namespace rusage_bpf::report_options_test
