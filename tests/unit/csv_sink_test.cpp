#include "output/csv_sink.h"

#include <catch2/catch.hpp>
#include <filesystem>

#include "document/document.h"
#include "support/process.h"
#include "support/recording.h"

namespace rusage_bpf::csv_sink_test {
namespace {

using Catch::Matchers::StartsWith;
using Words = std::vector<std::string>;

std::string csv(const std::vector<Row> &rows, bool with_meta = false) {
  const test::TemporaryDirectory directory;
  CsvSink sink(test::create_output(directory.file("out.csv")), with_meta);
  test::write(sink, rows);
  return test::read_file(directory.file("out.csv"));
}

Words split(const std::string &text, const std::string &separator) {
  Words parts;
  std::size_t from = 0;
  for (std::size_t at = 0; (at = text.find(separator, from)) != std::string::npos; from = at + separator.size())
    parts.push_back(text.substr(from, at - from));
  parts.push_back(text.substr(from));
  return parts;
}

TEST_CASE("CSV is a line of column names and a line for each row, each ended by CR LF") {
  const Words lines = split(csv(test::rows(2)), "\r\n");
  REQUIRE(lines.size() == 4);
  CHECK(lines[3].empty());
  CHECK_THAT(lines[0], StartsWith("timestamp,pid_count,user,system,read_count,"));
  const Words names = split(lines[0], ",");
  REQUIRE(names.size() == column_count + 1);
  for (std::size_t i = 0; i < column_count; i++) CHECK(names[i + 1] == columns[i].name);
  CHECK(split(lines[1], ",").size() == names.size());
  CHECK(split(lines[2], ",").size() == names.size());
}

TEST_CASE("an unknown value is an empty field in CSV, and numbers are as in JSON") {
  std::vector<Row> rows = test::rows(2);
  rows[1].value[RUSAGE_user] = 1'234'567'891;
  rows[1].value[RUSAGE_read_bytes] = UINT64_MAX;
  rows[1].realtime_ns = 1'795'346'925'123'456'000;
  const Words lines = split(csv(rows), "\r\n");
  CHECK_THAT(lines[1], StartsWith("1970-01-01T00:00:00.000000Z,0,,,,,,,0,0,,,0,0.0,0,"));
  const Words fields = split(lines[2], ",");
  CHECK(fields[0] == "2026-11-22T11:28:45.123456Z");
  CHECK(fields[1 + RUSAGE_user] == "1.234567891");
  CHECK(fields[1 + RUSAGE_read_bytes] == "18446744073709551615");
}

TEST_CASE("a recording without rows is only the column names in CSV") {
  CHECK(split(csv({}), "\r\n").size() == 2);
}

TEST_CASE("with --csv-meta, CSV starts with the description of the recording, as JSON values") {
  const Words lines = split(csv(test::rows(2), true), "\r\n");
  const Json begin = begin_json(test::a_recording());
  const std::size_t meta_lines = 1 + begin["meta"].size();
  REQUIRE(lines.size() == meta_lines + 4);
  CHECK(lines[0] == "# schema: \"rusage-bpf/1\"");
  std::size_t line = 1;
  for (const auto &[name, value] : begin["meta"].items()) CHECK(lines[line++] == "# " + name + ": " + to_text(value));
  CHECK_THAT(lines[meta_lines], StartsWith("timestamp,"));
}

TEST_CASE("a recording that was cut short leaves no CSV file") {
  const test::TemporaryDirectory directory;
  {
    CsvSink sink(test::create_output(directory.file("out.csv")), false);
    REQUIRE(sink.begin(test::a_recording()));
    REQUIRE(sink.row(test::a_row(0)));
  }
  CHECK(std::filesystem::is_empty(directory.path()));
}

}  // namespace
}  // namespace rusage_bpf::csv_sink_test
