#include "output/ndjson_sink.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <sstream>

#include "document/document.h"
#include "support/process.h"
#include "support/recording.h"

namespace rusage_bpf::ndjson_sink_test {
namespace {

using test::a_recording;
using test::a_row;

std::vector<Json> lines_of(const std::string &text) {
  REQUIRE((text.empty() || text.back() == '\n'));
  std::vector<Json> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(Json::parse(line));
  return lines;
}

Json with_kind(const std::string &kind, const Json &object) {
  Json whole = {{"kind", kind}};
  whole.update(object);
  return whole;
}

TEST_CASE("NDJSON has a line for the start, each row and the end, with a kind") {
  const test::TemporaryDirectory directory;
  NdjsonSink sink(test::create_output(directory.file("out.ndjson")), true);
  const auto rows = test::rows(3);
  test::write(sink, rows);
  const auto lines = lines_of(test::read_file(directory.file("out.ndjson")));
  REQUIRE(lines.size() == 5);
  CHECK(lines[0] == with_kind("begin", begin_json(a_recording())));
  for (std::size_t i = 0; i < rows.size(); i++) CHECK(lines[i + 1] == with_kind("sample", test::sample_json(rows[i])));
  CHECK(lines[4] == with_kind("end", end_json(test::outcome_of(rows))));
  for (const Json &line : lines) CHECK(line.begin().key() == "kind");
}

TEST_CASE("a row can be read as soon as it is written, under the file's own name") {
  const test::TemporaryDirectory directory;
  const std::string path = directory.file("out.ndjson");
  NdjsonSink sink(test::create_output(path), true);
  CHECK_FALSE(std::filesystem::exists(path));
  REQUIRE(sink.begin(a_recording()));
  CHECK(lines_of(test::read_file(path)).size() == 1);
  REQUIRE(sink.row(a_row(0)));
  CHECK(lines_of(test::read_file(path)).size() == 2);
  REQUIRE(sink.row(a_row(1)));
  CHECK(lines_of(test::read_file(path)).size() == 3);
}

TEST_CASE("NDJSON of a recording that was cut short is whole lines without an end") {
  const test::TemporaryDirectory directory;
  {
    NdjsonSink sink(test::create_output(directory.file("out.ndjson")), true);
    REQUIRE(sink.begin(a_recording()));
    REQUIRE(sink.row(a_row(0)));
  }
  const auto lines = lines_of(test::read_file(directory.file("out.ndjson")));
  REQUIRE(lines.size() == 2);
  CHECK(lines.back()["kind"] == "sample");
}

TEST_CASE("NDJSON that is not followed appears when it is complete") {
  const test::TemporaryDirectory directory;
  {
    NdjsonSink sink(test::create_output(directory.file("out.ndjson")), false);
    REQUIRE(sink.begin(a_recording()));
    REQUIRE(sink.row(a_row(0)));
  }
  CHECK(std::filesystem::is_empty(directory.path()));
  NdjsonSink sink(test::create_output(directory.file("out.ndjson")), false);
  test::write(sink, test::rows(2));
  CHECK(lines_of(test::read_file(directory.file("out.ndjson"))).size() == 4);
}

TEST_CASE("a text with a line break stays on one line") {
  const test::TemporaryDirectory directory;
  NdjsonSink sink(test::create_output(directory.file("out.ndjson")), true);
  Recording recording = a_recording();
  recording.argv = {"echo", "a\nb\r\xe2\x80\xa8"};
  REQUIRE(sink.begin(recording));
  const auto lines = lines_of(test::read_file(directory.file("out.ndjson")));
  REQUIRE(lines.size() == 1);
  CHECK(lines[0]["meta"]["argv"] == recording.argv);
}

}  // namespace
}  // namespace rusage_bpf::ndjson_sink_test
