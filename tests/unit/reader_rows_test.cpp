// Rows, most of which are read without JSON objects: src/document/row_parser.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <thread>

#include "os/fd.h"
#include "os/write_all.h"
#include "support/recording_files.h"

namespace rusage_bpf::reader_test {
namespace {

using Catch::Matchers::Contains;

constexpr std::uint64_t many = 2000;

// More rows than the reader's buffer has room for.
std::string many_rows(const Files &files, const std::string &name) {
  std::vector<Row> rows = test::rows(many);
  for (Row &row : rows) {
    row.realtime_ns = 1'795'346'925'000'000'000 + row.number * 123'456'000;
    row.value[RUSAGE_run_delay] = row.number * row.number * row.number;
    row.known.set(RUSAGE_rss, row.number % 3 > 0);
  }
  JsonSink json(test::create_output(files.path("many.json")));
  NdjsonSink ndjson(test::create_output(files.path("many.ndjson")), false);
  test::write(json, rows);
  test::write(ndjson, rows);
  return files.text(name);
}

std::string replaced_each(std::string text, const std::string &from, const std::string &to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

// The same recording as JSON.
std::string read_and_written(const Files &files, const std::string &text) {
  files.put("read", text);
  JsonSink json(test::create_output(files.path("written.json")));
  const auto reading = read(files.path("read"), json);
  REQUIRE(reading);
  CHECK(reading->rows == many);
  return files.text("written.json");
}

TEST_CASE("many rows are the same with and without JSON objects, and where both take turns") {
  const Files files;
  const std::string name = GENERATE("many.json", "many.ndjson");
  CAPTURE(name);
  const std::string text = many_rows(files, name);
  const std::string json = files.text("many.json");
  CHECK(read_and_written(files, text) == json);
  CHECK(read_and_written(files, replaced_each(text, "\"elapsed\"", "\"\\u0065lapsed\"")) == json);
  // A later version's object, list and text with braces, in some of the rows.
  for (const char *more : {"\"x\":{},", "\"x\":[{}],", "\"x\":\"},{\",", "\"x\":1,"})
    CHECK(read_and_written(files, replaced_each(text, "\"rss\":null", more + std::string("\"rss\":null"))) == json);
  CHECK(read_and_written(files, replaced_each(text, "\"vms\"", std::string(5'000, ' ') + "\"vms\"")) == json);
}

TEST_CASE("many rows are read from a pipe in pieces of any size") {
  const Files files;
  const std::string name = GENERATE("many.json", "many.ndjson");
  const std::string text = many_rows(files, name);
  int ends[2];
  REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
  std::thread writer([&, to = Fd(ends[1])] {
    for (std::size_t at = 0, size = 1; at < text.size(); at += size, size = size * 7 % 1009 + 1)
      if (!write_all(to.get(), std::string_view(text).substr(at, size), "pipe")) return;
  });
  JsonSink json(test::create_output(files.path("written.json")));
  const auto reading = read_standard_input(Fd(ends[0]), json);
  writer.join();
  REQUIRE(reading);
  CHECK(files.text("written.json") == files.text("many.json"));
}

TEST_CASE("rows with other blanks between them are read") {
  const Files files;
  const std::string text = many_rows(files, "many.json");
  CHECK(read_and_written(files, replaced_each(text, "},\n{\"timestamp", "}\t,\r\n {\"timestamp")) == text);
  CHECK(read_and_written(files, replaced_each(text, "},\n{\"timestamp", "},{\"timestamp")) == text);
}

TEST_CASE("a mistake behind many rows is named with its byte, row or line") {
  const Files files;
  const std::string json = many_rows(files, "many.json");
  const std::string timestamp = "\"timestamp\":";
  std::size_t row_700 = 0;
  for (std::size_t i = 0; i <= 700; i++) row_700 = json.find(timestamp, row_700 + 1);
  CHECK_THAT(complaint(files, std::string(json).replace(row_700 + timestamp.size() - 1, 1, ";")),
             Contains(fmt::format("is not JSON; the error is at byte {}", row_700 + timestamp.size())));
  CHECK_THAT(complaint(files, replaced(json, "\"elapsed\":7e-07", "\"elapsed\":6e-07")),
             Contains("sample 700: elapsed is 6e-07, and before it was 6.99e-07 already"));
  CHECK_THAT(complaint(files, replaced(json, "\"num_fds\":700,", "\"num_fds\":-1,")),
             Contains("sample 700: num_fds must"));
  const std::size_t meta = json.find("\"meta\":");
  CHECK_THAT(complaint(files, std::string(json).replace(meta + 6, 1, ";")),
             Contains(fmt::format("is not JSON; the error is at byte {}", meta + 7)));
  CHECK_THAT(complaint(files, json.substr(0, row_700)), Contains("ends in the middle"));
  const std::string ndjson = files.text("many.ndjson");
  CHECK_THAT(complaint(files, replaced(ndjson, "\"num_fds\":700,", "\"num_fds\":-1,")),
             Contains("line 702: num_fds must"));
  CHECK_THAT(complaint(files, replaced(ndjson, "\"elapsed\":7e-07", "\"elapsed\":6e-07")),
             Contains("line 702: elapsed is"));
}

TEST_CASE("commas that are missing, double or at an end are refused, between rows that are usual") {
  const Files files;
  const std::string json = files.compact("a.json");
  const std::string between = "},{\"timestamp\"";
  for (const char *wrong : {"}{\"timestamp\"", "},,{\"timestamp\"", "} ,\n, {\"timestamp\"", "},\v{\"timestamp\"",
                            "}:{\"timestamp\"", "},\xef\xbb\xbf{\"timestamp\""}) {
    CAPTURE(wrong);
    CHECK_THAT(complaint(files, replaced(json, between, wrong)), Contains("is not JSON"));
  }
  CHECK_THAT(complaint(files, replaced(json, "}],\"processes\"", "},],\"processes\"")), Contains("is not JSON"));
  CHECK_THAT(complaint(files, replaced(json, "\"samples\":[", "\"samples\":[,")), Contains("is not JSON"));
  const std::string ndjson = files.text("a.ndjson");
  for (const char *wrong : {"},\n{\"kind\":\"process\"", "}}\n", "} x\n"}) {
    CAPTURE(wrong);
    CHECK_THAT(complaint(files, std::string(ndjson).replace(ndjson.find("}\n{\"kind\":\"sample\"", 3000), 2, wrong)),
               Contains("line"));
  }
}

TEST_CASE("a sample line before the beginning or behind the end is refused") {
  const Files files;
  const std::string text = files.text("a.ndjson");
  const std::size_t at = text.find('\n') + 1;
  const std::string sample = text.substr(at, text.find('\n', at) + 1 - at);
  CHECK_THAT(complaint(files, text + sample), Contains("line 8: the recording has ended before it"));
  const std::string later = "{\"kind\":\"sample\",\"kind\":\"later\"," + sample.substr(sample.find("\"timestamp\""));
  CHECK_THAT(complaint(files, text.substr(0, at) + later), Contains("line 2: has kind twice"));
}

}  // namespace
}  // namespace rusage_bpf::reader_test
