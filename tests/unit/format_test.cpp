#include "output/format.h"

#include <catch2/catch.hpp>

namespace rusage_bpf::format_test {
namespace {

using Catch::Matchers::Contains;

TEST_CASE("the format follows the extension, and - is standard output") {
  const auto check = [](const std::string &name, Format format, const std::string &path) {
    CAPTURE(name);
    const auto output = parse_output_name(name);
    REQUIRE(output);
    CHECK(output->format == format);
    CHECK(output->path == path);
  };
  check("rows.json", Format::json, "rows.json");
  check("a/b.c.ndjson", Format::ndjson, "a/b.c.ndjson");
  check("rows.jsonl", Format::ndjson, "rows.jsonl");
  check("rows.json.csv", Format::csv, "rows.json.csv");
  check("/dev/null", Format::json, "/dev/null");
  check("/dev/fd/63", Format::json, "/dev/fd/63");
  check("/proc/self/fd/7", Format::json, "/proc/self/fd/7");
  check("/dev/stdout", Format::json, "-");
  check("/dev/fd/1", Format::json, "-");
  check("-", Format::json, "-");
  check("-.json", Format::json, "-");
  check("-.ndjson", Format::ndjson, "-");
  check("-.csv", Format::csv, "-");
  check("run.html", Format::html, "run.html");
  check("-.html", Format::html, "-");
  check("run.perfetto.json", Format::perfetto, "run.perfetto.json");
  check("-.perfetto.json", Format::perfetto, "-");
  check("perfetto.json", Format::json, "perfetto.json");
  check("./-.csv", Format::csv, "./-.csv");
  check("--.csv", Format::csv, "--.csv");
}

TEST_CASE("a name without a known format is an error that lists all formats") {
  const std::string name = GENERATE("rows", "rows.txt", "rows.JSON", "csv", "", "rows.csv/", "-.txt", "trace.perfetto");
  const auto output = parse_output_name(name);
  REQUIRE_FALSE(output);
  CHECK_THAT(output.error().message,
             Contains("--output " + name) && Contains(".json, .ndjson, .jsonl, .csv, .html or .perfetto.json"));
}

TEST_CASE("only one output goes to standard output") {
  CHECK(check_output_names({"-.csv", "a.json", "b.json", "b.json"}, false));
  const auto checked = check_output_names({"-", "a.json", "-.csv"}, false);
  REQUIRE_FALSE(checked);
  CHECK_THAT(checked.error().message, Contains("standard output"));
}

TEST_CASE("--csv-meta needs a CSV output") {
  CHECK(check_output_names({"a.json", "a.csv"}, true));
  const auto checked = check_output_names({"a.json"}, true);
  REQUIRE_FALSE(checked);
  CHECK_THAT(checked.error().message, Contains("--csv-meta"));
}

}  // namespace
}  // namespace rusage_bpf::format_test
