#include "input/reader.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "document/document.h"
#include "output/json_sink.h"
#include "output/ndjson_sink.h"
#include "support/process.h"
#include "support/recording.h"

namespace rusage_bpf::reader_test {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

// Keeps what it is given.
class Kept final : public Sink {
 public:
  Result<void> begin(const Recording &begun) override {
    recording = begun;
    return {};
  }
  Result<void> row(const Row &row) override {
    rows.push_back(row);
    return {};
  }
  Result<void> end(const Outcome &ended) override {
    outcome = ended;
    return {};
  }

  std::optional<Recording> recording;
  std::vector<Row> rows;
  std::optional<Outcome> outcome;
};

// Files of recordings.
class Files {
 public:
  // A recording whose every part is told.
  Files() {
    Recording recording = test::a_recording();
    recording.argv = {"sh", "-c", "echo \"caf\xc3\xa9\" \x01\n{}[],"};
    std::vector<Row> rows = test::rows(5);
    rows[2].value[RUSAGE_user] = 1'234'567'891;
    rows[3].value[RUSAGE_write_bytes] = UINT64_MAX;
    rows[4].realtime_ns = 1'795'346'925'123'456'000;
    Outcome outcome = test::outcome_of(rows);
    outcome.end_realtime_ns = rows[4].realtime_ns;
    outcome.audit.kernel.value[RUSAGE_user] = 1'300'000'001;
    outcome.audit.kernel.known.set(RUSAGE_user);
    outcome.audit.losses = Losses{.untracked_tasks = 1, .ticks_missed = 2};
    JsonSink json(test::create_output(path("a.json")));
    NdjsonSink ndjson(test::create_output(path("a.ndjson")), true);
    for (Sink *sink : {static_cast<Sink *>(&json), static_cast<Sink *>(&ndjson)}) {
      REQUIRE(sink->begin(recording));
      for (const Row &row : rows) REQUIRE(sink->row(row));
      REQUIRE(sink->end(outcome));
    }
  }

  [[nodiscard]] std::string path(const std::string &name) const { return directory_.file(name); }
  [[nodiscard]] std::string text(const std::string &name) const {
    return test::read_file(path(name));
  }
  // Without blanks between keys and values.
  [[nodiscard]] std::string compact(const std::string &name) const {
    return name == "a.json" ? to_text(Json::parse(text(name))) : text(name);
  }
  void put(const std::string &name, const std::string &text) const {
    std::ofstream(path(name)) << text;
  }

 private:
  test::TemporaryDirectory directory_;
};

Result<Reading> read(const std::string &path, Sink &sink) {
  const auto file = InputFile::open(path);
  if (!file) return tl::unexpected(file.error());
  return read_recording(*file, sink);
}

// What is said about a file with this text; it must begin with the file's name.
std::string complaint(const Files &files, const std::string &text) {
  files.put("bad", text);
  Kept kept;
  const auto reading = read(files.path("bad"), kept);
  REQUIRE_FALSE(reading);
  CHECK_FALSE(kept.outcome);
  const std::string &message = reading.error().message;
  CHECK_THAT(message, StartsWith(files.path("bad") + ": ") && !Contains("\n"));
  CHECK(message.size() < 400);
  return message.substr(files.path("bad").size());
}

std::string replaced(std::string text, const std::string &from, const std::string &to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

TEST_CASE("what is read and written again is the same text, in JSON and NDJSON, both ways") {
  const Files files;
  const std::string from = GENERATE("a.json", "a.ndjson");
  CAPTURE(from);
  JsonSink json(test::create_output(files.path("b.json")));
  const auto to_json = read(files.path(from), json);
  REQUIRE(to_json);
  CHECK(to_json->rows == 5);
  CHECK_FALSE(to_json->end_missing);
  CHECK(files.text("b.json") == files.text("a.json"));
  NdjsonSink ndjson(test::create_output(files.path("b.ndjson")), false);
  REQUIRE(read(files.path(from), ndjson));
  CHECK(files.text("b.ndjson") == files.text("a.ndjson"));
}

TEST_CASE("a document that another program has written anew is read as well") {
  const Files files;
  // Sorted keys, so that samples come after meta; blanks; fields of a later build.
  auto json = nlohmann::json::parse(files.text("a.json"));
  json["processes"] = {{{"pid", 1}, {"deep", {1, {2}}}}};
  json["samples"][2]["later"] = "x";
  json["samples"][2].erase("rss");
  json["samples"][2]["vms"] = 3.0;
  files.put("sorted.json", " \n" + json.dump(2) + "\n ");
  Kept kept;
  REQUIRE(read(files.path("sorted.json"), kept));
  REQUIRE(kept.rows.size() == 5);
  CHECK_FALSE(kept.rows[2].known[RUSAGE_rss]);
  CHECK(kept.rows[2].value[RUSAGE_vms] == 3);
  CHECK(kept.rows[2].number == 2);
  CHECK(kept.rows[2].value[RUSAGE_user] == 1'234'567'891);
}

TEST_CASE("NDJSON that was cut anywhere gives the rows that are whole", "[long]") {
  const Files files;
  const std::string whole = files.text("a.ndjson");
  const std::size_t begin_end = whole.find('\n');
  for (std::size_t size = begin_end + 1; size < whole.size() - 1; size += 31) {
    const std::string cut = whole.substr(0, size);
    files.put("cut.ndjson", cut);
    Kept kept;
    const auto reading = read(files.path("cut.ndjson"), kept);
    REQUIRE(reading);
    CHECK(reading->end_missing);
    // A row is whole with its last brace.
    const auto braces = std::count(cut.begin(), cut.end(), '\n') - 1 +
                        (cut.size() < whole.size() && whole[cut.size()] == '\n' ? 1 : 0);
    CHECK(reading->rows == static_cast<std::uint64_t>(std::min<std::ptrdiff_t>(braces, 5)));
    REQUIRE(kept.outcome);
    CHECK(kept.outcome->recovered);
    CHECK_FALSE(kept.outcome->audit.losses);
    CHECK_FALSE(kept.outcome->exit.code);
    CHECK(kept.outcome->totals.rows() == reading->rows);
  }
}

TEST_CASE("a JSON document that was cut anywhere gives nothing, and one is told of recover",
          "[long]") {
  const Files files;
  const std::string whole = files.text("a.json");
  for (std::size_t size = 1; size + 1 < whole.size(); size += 13) {
    files.put("cut.json", whole.substr(0, size));
    Kept kept;
    const auto reading = read(files.path("cut.json"), kept);
    CAPTURE(size);
    REQUIRE_FALSE(reading);
    CHECK_THAT(reading.error().message, Contains("ends in the middle") && Contains("recover"));
    CHECK_FALSE(kept.recording);
    CHECK(kept.rows.empty());
  }
}

TEST_CASE("what is no recording is refused in one line") {
  const Files files;
  for (const char *text :
       {"hello", "[]", "3", "[[[", " \n", "\x1f\x8b\x08", "\"{\"", "timestamp,user\r\n1,2\r\n"})
    CHECK_THAT(complaint(files, text), Contains("neither JSON nor NDJSON"));
  CHECK_THAT(complaint(files, "{}"), Contains("no recording of rusage-bpf: schema is missing"));
  CHECK_THAT(complaint(files, "{]"), Contains("is not JSON; the error is at byte 2"));
  CHECK_THAT(complaint(files, "{\"schema\": 1e999}"), Contains("out of range"));
  CHECK_THAT(complaint(files, "{\"kind\": \"begin\"}\n"), Contains("schema is missing"));
  CHECK_THAT(complaint(files, "{\"kind\": 3}\n"), Contains("line 1: kind is missing"));
  CHECK_THAT(complaint(files, "{\"kind\": \"sample\"}\n"), Contains("must be the beginning"));
  CHECK_THAT(complaint(files, "rusgring\x01"), Contains("rusage-bpf recover"));
  CHECK_THAT(complaint(files, files.text("a.json") + "x"), Contains("is not JSON"));
}

TEST_CASE("another schema version is named, and the one that can be read") {
  const Files files;
  for (const char *name : {"a.json", "a.ndjson"})
    CHECK_THAT(complaint(files, replaced(files.text(name), "rusage-bpf/1", "rusage-bpf/7")),
               Contains("rusage-bpf/7") && Contains("reads rusage-bpf/1"));
}

TEST_CASE("a field of the wrong type or range is named") {
  const Files files;
  const auto check = [&](const std::string &from, const std::string &to, const std::string &words) {
    CAPTURE(to);
    for (const char *name : {"a.json", "a.ndjson"})
      CHECK_THAT(complaint(files, replaced(files.compact(name), from, to)), Contains(words));
  };
  check("\"cpus\":2", "\"cpus\":-1", "cpus must be a whole number from 0 to 4294967295, and is -1");
  check("\"cpus\":2", "\"cpus\":4294967296", "cpus must be");
  check("\"cpus\":2", "\"cpus\":1.5", "cpus must be");
  check("\"cpus\":2", "\"cpus\":true", "cpus must be");
  check("\"root_pid\":42", "\"root_pid\":2147483648", "root_pid must be");
  check("\"interval\":0.03", "\"interval\":1e300", "interval must be seconds");
  check("\"host\":\"host\"", "\"host\":[[1]]", "host must be text, and is array");
  check("\"argv\":[", "\"argv\":[1,", "argv must be text");
  check("\"start\":\"2026", "\"start\":\"26", "start must be a time");
  check("\"recovered\":false", "\"recovered\":0", "recovered must be true or false");
  check("\"meta\":{", "\"meta\":3,\"x\":{", "meta must be an object");
  check("\"columns\":[", "\"columns\":{},\"x\":[", "columns must be a list");
  check("\"user\":1.234567891", "\"user\":-1", "user must be seconds");
  check("18446744073709551615", "18446744073709551616", "write_bytes must be a whole number");
  check("\"pid_count\":2", "\"pid_count\":\"2\"", "pid_count must be a whole number");
  check("\"timestamp\":\"1970", "\"timestamp\":\"70", "timestamp must be a time");
}

TEST_CASE("samples that are none are refused") {
  const Files files;
  const std::string text = files.text("a.json");
  const std::size_t samples = text.find("\"samples\"");
  for (const char *other : {"\"samples\": {\"a\": {}}, \"x\"", "\"samples\": 3, \"x\"",
                            "\"samples\": [3], \"x\"", "\"samples\": [[]], \"x\""})
    complaint(files, std::string(text).replace(samples, 9, other));
  CHECK_THAT(complaint(files, std::string(text).replace(samples, 9, "\"rows\"")),
             Contains("samples is missing"));
}

TEST_CASE("lines out of order are refused by their number") {
  const Files files;
  const std::string text = files.text("a.ndjson");
  const std::string begin = text.substr(0, text.find('\n') + 1);
  CHECK_THAT(complaint(files, begin + begin), Contains("line 2: a second recording begins"));
  CHECK_THAT(complaint(files, text + "{\"kind\":\"sample\"}\n"), Contains("line 8"));
  CHECK_THAT(complaint(files, begin + "torn\n" + begin), Contains("line 2: is not JSON"));
  files.put("later.ndjson", begin + "{\"kind\":\"later\"}\n\n" + text.substr(begin.size()));
  Kept kept;
  REQUIRE(read(files.path("later.ndjson"), kept));
  CHECK(kept.rows.size() == 5);
}

TEST_CASE("what would take much memory is refused", "[long]") {
  const Files files;
  const std::string deep(1'000'000, '[');
  const std::string open = "{\"schema\": ";
  CHECK_THAT(complaint(files, open + deep), Contains("nested too deeply"));
  CHECK_THAT(complaint(files, "{\"samples\": " + deep), Contains("nested too deeply"));
  CHECK_THAT(complaint(files, "{\"kind\": " + deep + "\n"), Contains("nested too deeply"));
  const std::string longest(20'000'000, 'x');
  CHECK_THAT(complaint(files, open + '"' + longest), Contains("too long"));
  CHECK_THAT(complaint(files, "{\"x\": \"" + longest), Contains("too long"));
  CHECK_THAT(complaint(files, "{\"kind\": \"" + longest), Contains("too long"));
}

TEST_CASE("what is skipped or given away is not kept, however much of it there is", "[long]") {
  const Files files;
  const std::string text = files.text("a.json");
  std::string many = "{\"processes\": [{}";
  const std::string process = ",{\"command\":\"" + std::string(1'000, 'x') + "\"}";
  for (int i = 0; i < 20'000; i++) many += process;
  files.put("many.json", many + "]," + text.substr(1));
  Kept kept;
  CHECK(read(files.path("many.json"), kept));
}

TEST_CASE("what is no file with something in it is refused") {
  const Files files;
  Kept kept;
  const auto message = [&](const std::string &path) {
    const auto reading = read(path, kept);
    REQUIRE_FALSE(reading);
    return reading.error().message;
  };
  CHECK_THAT(message(files.path("")), Contains("is a directory"));
  CHECK_THAT(message(files.path("missing.json")), Contains("No such file"));
  files.put("empty.json", "");
  CHECK_THAT(message(files.path("empty.json")), Contains("is empty"));
  REQUIRE(mkfifo(files.path("fifo").c_str(), 0600) == 0);
  CHECK_THAT(message(files.path("fifo")), Contains("no regular file") && Contains("give -"));
  CHECK_THAT(message("/dev/null"), Contains("no regular file"));
}

TEST_CASE("a sink that fails ends the reading with its own error") {
  class Full final : public Sink {
    Result<void> begin(const Recording &) override { return {}; }
    Result<void> row(const Row &row) override {
      return row.number < 2 ? Result<void>() : error("disk is full");
    }
    Result<void> end(const Outcome &) override { return {}; }
  } full;
  const Files files;
  for (const char *name : {"a.json", "a.ndjson"}) {
    const auto reading = read(files.path(name), full);
    REQUIRE_FALSE(reading);
    CHECK(reading.error().message == "disk is full");
  }
}

}  // namespace
}  // namespace rusage_bpf::reader_test
