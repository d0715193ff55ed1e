#include "cli/convert_options.h"

#include <catch2/catch.hpp>
#include <utility>

#include "cli/schema_options.h"

namespace rusage_bpf::convert_options_test {
namespace {

using Catch::Matchers::Contains;
using Words = std::vector<std::string>;

template <typename Parse>
auto parsed(Parse parse, const char *name, const Words &arguments) {
  std::vector<const char *> argv{name};
  for (const std::string &argument : arguments) argv.push_back(argument.c_str());
  return parse(Arguments(argv));
}

TEST_CASE("convert takes a recording and outputs") {
  const auto options = parsed(parse_convert, "convert", {"a.json", "-o", "b.csv", "--output=-", "--csv-meta"});
  REQUIRE(options);
  CHECK(options->input == "a.json");
  CHECK(options->outputs == Words{"b.csv", "-"});
  CHECK(options->csv_meta);
  CHECK(options->print.empty());
  CHECK(parsed(parse_convert, "convert", {"-", "-o", "b.csv"})->input == "-");
}

TEST_CASE("wrong usage of convert and schema is one line that names the wrong argument") {
  const auto [arguments, culprit] = GENERATE(values<std::pair<Words, std::string>>({
      {{}, "give a recording"},
      {{"-o", "b.csv"}, "give a recording"},
      {{"a.json"}, "give an output"},
      {{"a.json", "b.json", "-o", "b.csv"}, "b.json"},
      {{"a.json", "-o", "b.txt"}, "--output b.txt"},
      {{"a.json", "-o", "-", "-o", "-.csv"}, "standard output"},
      {{"a.json", "-o", "b.json", "--csv-meta"}, "--csv-meta"},
      {{"a.json", "-o"}, "--output"},
      {{"a.json", "--fast"}, "--fast"},
  }));
  CAPTURE(arguments);
  const auto options = parsed(parse_convert, "convert", arguments);
  REQUIRE_FALSE(options);
  CHECK(options.error().kind == Error::Kind::usage);
  CHECK_THAT(options.error().message, Contains(culprit) && !Contains("\n"));
  const auto schema = parsed(parse_schema, "schema", {"a.json"});
  REQUIRE_FALSE(schema);
  CHECK(schema.error().kind == Error::Kind::usage);
}

TEST_CASE("convert and schema have their own help") {
  CHECK_THAT(parsed(parse_convert, "convert", {"--help"})->print,
             Contains("rusage-bpf convert") && Contains("-o,--output FILE"));
  CHECK_THAT(parsed(parse_schema, "schema", {"--help"})->print, Contains("rusage-bpf schema"));
}

}  // namespace
}  // namespace rusage_bpf::convert_options_test
