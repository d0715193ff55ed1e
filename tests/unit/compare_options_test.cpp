#include "cli/compare_options.h"

#include <catch2/catch.hpp>
#include <utility>

namespace rusage_bpf::compare_options_test {
namespace {

using Catch::Matchers::Contains;
using Words = std::vector<std::string>;

Result<CompareOptions> parsed(const Words &arguments) {
  std::vector<const char *> argv{"compare"};
  for (const std::string &argument : arguments) argv.push_back(argument.c_str());
  return parse_compare(Arguments(argv));
}

TEST_CASE("compare takes two recordings, limits and a page") {
  const auto options =
      parsed({"--fail-if", "cpu>+10%", "a.json", "-", "--fail-if=forks<5", "--json", "--html", "c.html"});
  REQUIRE(options);
  CHECK(options->a == "a.json");
  CHECK(options->b == "-");
  REQUIRE(options->limits.size() == 2);
  CHECK(options->limits[0].measure->name == "cpu");
  CHECK_FALSE(options->limits[1].fails_above);
  CHECK(options->json);
  CHECK(options->page == "c.html");
}

TEST_CASE("wrong usage of compare is one line that names the wrong argument") {
  const auto [arguments, culprit] = GENERATE(values<std::pair<Words, std::string>>({
      {{}, "give two recordings"},
      {{"a.json"}, "give two recordings"},
      {{"a.json", "b.json", "c.json"}, "c.json"},
      {{"-", "-"}, "standard input"},
      {{"a.json", "b.json", "--fail-if"}, "--fail-if"},
      {{"a.json", "b.json", "--fail-if", "cost>1"}, "cost is none of"},
      {{"a.json", "b.json", "--html", "c.json"}, "--html c.json"},
      {{"a.json", "b.json", "--html", ""}, "--html"},
      {{"a.json", "b.json", "--html", "-.html"}, "--html -.html"},
      {{"a.json", "b.json", "--fast"}, "--fast"},
  }));
  CAPTURE(arguments);
  const auto options = parsed(arguments);
  REQUIRE_FALSE(options);
  CHECK(options.error().kind == Error::Kind::usage);
  CHECK_THAT(options.error().message, Contains(culprit) && !Contains("\n"));
}

TEST_CASE("the help of compare names every measure") {
  const auto help = parsed({"--help"});
  REQUIRE(help);
  for (const Measure &measure : measures()) CHECK_THAT(help->print, Contains(measure.name));
}

}  // namespace
}  // namespace rusage_bpf::compare_options_test
