#include "input/reader.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <thread>

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
  Result<void> process(const Process &process) override {
    processes.push_back(process);
    return {};
  }
  Result<void> end(const Outcome &ended) override {
    outcome = ended;
    return {};
  }

  std::optional<Recording> recording;
  std::vector<Row> rows;
  std::vector<Process> processes;
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
    for (Row &row : rows) row.value[RUSAGE_write_bytes] = 0;
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
  [[nodiscard]] std::string text(const std::string &name) const { return test::read_file(path(name)); }
  // Without blanks between keys and values.
  [[nodiscard]] std::string compact(const std::string &name) const {
    return name == "a.json" ? to_text(Json::parse(text(name))) : text(name);
  }
  void put(const std::string &name, const std::string &text) const { std::ofstream(path(name)) << text; }

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

TEST_CASE("a recording that is read and written again is the same text, in JSON and NDJSON, both ways") {
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

TEST_CASE("a document that another program has reformatted is read") {
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

TEST_CASE("NDJSON that was cut anywhere has its complete rows", "[long]") {
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
    const auto braces =
        std::count(cut.begin(), cut.end(), '\n') - 1 + (cut.size() < whole.size() && whole[cut.size()] == '\n' ? 1 : 0);
    CHECK(reading->rows == static_cast<std::uint64_t>(std::min<std::ptrdiff_t>(braces, 5)));
    REQUIRE(kept.outcome);
    CHECK(kept.outcome->recovered);
    CHECK_FALSE(kept.outcome->audit.losses);
    CHECK_FALSE(kept.outcome->exit.code);
    CHECK(kept.outcome->totals.rows() == reading->rows);
  }
}

TEST_CASE("a JSON document that was cut anywhere is an error that names recover", "[long]") {
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

TEST_CASE("a file that is no recording is refused in one line") {
  const Files files;
  for (const char *text : {"hello", "[]", "3", "[[[", " \n", "\x1f\x8b\x08", "\"{\"", "timestamp,user\r\n1,2\r\n"})
    CHECK_THAT(complaint(files, text), Contains("neither JSON nor NDJSON"));
  CHECK_THAT(complaint(files, "{}"), Contains("not a recording of rusage-bpf: schema is missing"));
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

TEST_CASE("samples that are no list of objects are refused") {
  const Files files;
  const std::string text = files.text("a.json");
  const std::size_t samples = text.find("\"samples\"");
  for (const char *other : {"\"samples\": {\"a\": {}}, \"x\"", "\"samples\": 3, \"x\"", "\"samples\": [3], \"x\"",
                            "\"samples\": [[]], \"x\""})
    complaint(files, std::string(text).replace(samples, 9, other));
  CHECK_THAT(complaint(files, std::string(text).replace(samples, 9, "\"rows\"")), Contains("samples is missing"));
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

TEST_CASE("values that would need much memory are refused", "[long]") {
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

TEST_CASE("skipped and passed-on parts are not kept in memory", "[long]") {
  const Files files;
  const std::string text = replaced(files.text("a.json"), "\"processes\": [\n]", "\"other\": []");
  std::string many = "{\"processes\": [{}";
  const std::string process = ",{\"command\":\"" + std::string(1'000, 'x') + "\"}";
  for (int i = 0; i < 20'000; i++) many += process;
  files.put("many.json", many + "]," + text.substr(1));
  Kept kept;
  CHECK(read(files.path("many.json"), kept));
}

TEST_CASE("a part that a recording has once is refused if it is there twice") {
  const Files files;
  const std::string json = files.compact("a.json");
  for (const char *part : {"schema", "columns", "samples", "processes", "commands", "meta", "totals", "audit"}) {
    const std::string twice = fmt::format("{} is there twice", part);
    const Json value = Json::parse(json)[part];
    CHECK_THAT(complaint(files, json.substr(0, json.size() - 1) + fmt::format(",\"{}\":{}}}", part, to_text(value))),
               Contains(twice));
  }
  for (const char *name : {"a.json", "a.ndjson"}) {
    const std::string text = files.compact(name);
    CHECK_THAT(complaint(files, replaced(text, "\"pid_count\":2", "\"pid_count\":2,\"pid_count\":3")),
               Contains("has pid_count twice") && Contains(name == std::string("a.json") ? "sample 2" : "line 4"));
    CHECK_THAT(complaint(files, replaced(text, "\"cpus\":2", "\"cpus\":2,\"x\":1,\"cpus\":3")),
               Contains("has cpus twice"));
    CHECK_THAT(complaint(files, replaced(text, "\"name\":\"system\"", "\"name\":\"user\"")),
               Contains("columns has user twice"));
  }
  // What is not known here is a later build's own affair.
  files.put("later.json", json.substr(0, json.size() - 1) + ",\"later\":1,\"later\":2}");
  Kept kept;
  CHECK(read(files.path("later.json"), kept));
}

// NDJSON that begins like the files', with these samples.
std::string with_samples(const Files &files, const std::vector<std::string> &samples) {
  const std::string text = files.text("a.ndjson");
  std::string all = text.substr(0, text.find('\n') + 1);
  for (const std::string &sample : samples) all += "{\"kind\":\"sample\"," + sample + "}\n";
  return all;
}

TEST_CASE("rows that go back in time are refused, and a clock that was set back is not") {
  const Files files;
  const auto at = [](const char *elapsed) { return fmt::format("\"elapsed\":{}", elapsed); };
  CHECK_THAT(complaint(files, with_samples(files, {at("1"), at("1"), at("0.999999999")})),
             Contains("line 4: elapsed is 0.999999999, and before it was 1 already"));
  CHECK_THAT(complaint(files, with_samples(files, {at("1"), "\"rss\":1"})), Contains("line 3: elapsed is missing"));
  std::string json = files.compact("a.json");
  CHECK_THAT(complaint(files, replaced(json, "\"elapsed\":3e-09", "\"elapsed\":1e-09")),
             Contains("sample 3: elapsed is 1e-09, and before it was 2e-09 already"));
  files.put("set_back.ndjson", with_samples(files, {at("1") + ",\"timestamp\":\"2026-11-22T11:28:45.000001Z\"",
                                                    at("2") + ",\"timestamp\":\"2026-11-22T11:28:45.000000Z\""}));
  Kept kept;
  REQUIRE(read(files.path("set_back.ndjson"), kept));
  CHECK(kept.rows.size() == 2);
}

TEST_CASE("sums that do not fit into 64 bits are refused, and the greatest that fits is not") {
  const Files files;
  const auto sample = [](const char *field, const char *value) {
    return fmt::format("\"elapsed\":1,\"{}\":{}", field, value);
  };
  files.put("just.ndjson",
            with_samples(files, {sample("read_bytes", "18446744073709551614"), sample("read_bytes", "1")}));
  Kept kept;
  REQUIRE(read(files.path("just.ndjson"), kept));
  CHECK(kept.outcome->totals[RUSAGE_read_bytes] == UINT64_MAX);
  CHECK_THAT(
      complaint(files, with_samples(files, {sample("read_bytes", "18446744073709551614"), sample("read_bytes", "2")})),
      Contains("line 3: read_bytes adds up to more than 64 bits hold"));
  // In nanoseconds; both parts of CPU time are added to each other as well.
  CHECK_THAT(complaint(files, with_samples(files, {sample("run_delay", "9e9"), sample("run_delay", "9e9"),
                                                   sample("run_delay", "9e9")})),
             Contains("line 4: run_delay adds up"));
  CHECK_THAT(
      complaint(files, with_samples(files, {sample("user", "9e9"), sample("system", "9e9"), sample("user", "9e8")})),
      Contains("line 4: user and system adds up"));
  const std::string commands = "{\"kind\":\"command\",\"forks\":18446744073709551615}\n";
  CHECK_THAT(complaint(files, with_samples(files, {}) + commands + commands), Contains("line 3: forks adds up"));
}

TEST_CASE("malformed numbers are refused, with the number of their row") {
  const Files files;
  for (const char *value : {"NaN", "Infinity", "-Infinity", "1e999", "-1e999", "0x10", "01", "1.", "+1"}) {
    CAPTURE(value);
    CHECK_THAT(complaint(files, with_samples(files, {"\"elapsed\":1", fmt::format("\"rss\":{}", value)})),
               Contains("line 3"));
  }
  for (const char *value :
       {"-1", "1.5", "1e19", "9007199254740994.0", "18446744073709551616", "\"1\"", "true", "[1]", "{}"}) {
    CAPTURE(value);
    CHECK_THAT(complaint(files, replaced(files.compact("a.json"), "\"rss\":3", fmt::format("\"rss\":{}", value))),
               Contains("sample 3: rss must be a whole number"));
  }
  for (const char *value : {"-0", "-0.0", "0e5", "3.0", "3e0", "null"}) {
    files.put("good.ndjson", with_samples(files, {fmt::format("\"elapsed\":1,\"rss\":{}", value)}));
    Kept kept;
    CAPTURE(value);
    CHECK(read(files.path("good.ndjson"), kept));
  }
}

TEST_CASE("parts that are larger than in any recording are refused, with the limit", "[long]") {
  const Files files;
  const auto many = [](const std::string &piece, std::size_t count) {
    std::string all = piece;
    for (std::size_t i = 1; i < count; i++) all += "," + piece;
    return all;
  };
  const std::string json = files.compact("a.json");
  const auto check = [&](const std::string &text, const char *words) {
    CHECK_THAT(complaint(files, text), Contains(words));
  };
  const std::string objects = many("{}", 1'000'000);
  check(replaced(json, "\"columns\":[", "\"columns\":[" + objects + ","), "columns: holds more than 10000 fields");
  check(replaced(json, "\"meta\":{", "\"meta\":{\"x\":[" + objects + "],"), "meta: holds more than 10000 fields");
  check(replaced(json, "\"argv\":[", "\"argv\":[" + many("1", 1'000'001) + ","), "holds more than 1000000 values");
  check(replaced(json, "\"host\":\"", "\"host\":\"" + std::string((1U << 20) + 1, 'x')),
        "holds a text of more than 1048576 bytes");
  check(replaced(json, "\"commands\":[", "\"commands\":[" + many("{}", 20'001)), "there are more than 20000 commands");
  const std::string name = many(fmt::format("{{\"command\":\"{}\"}}", std::string(1U << 20, 'x')), 17);
  check(replaced(json, "\"commands\":[", "\"commands\":[" + name), "the names of commands take more than");
  std::string fields;
  for (int i = 0; i < 20'000; i++) fields += fmt::format("\"f{}\":1,", i);
  check(replaced(json, "\"rss\":3", fields + "\"rss\":3"), "sample 3: holds more than 10000 fields");
  check(with_samples(files, {fields + "\"elapsed\":1"}), "line 2: holds more than 10000 fields");
  // Past all of them, what is not known is read over.
  files.put("later.json", "{\"x\":[" + objects + "]," + json.substr(1));
  Kept kept;
  CHECK(read(files.path("later.json"), kept));
}

TEST_CASE(
    "documents of an earlier version are read, and names that it could not tell apart are added "
    "up") {
  for (const char *name : {"/old.json", "/old.ndjson"}) {
    Kept kept;
    const auto reading = read(TEST_DOCUMENTS + std::string(name), kept);
    REQUIRE(reading);
    CHECK_FALSE(reading->end_missing);
    CHECK(kept.rows.size() == 5);
    CHECK(kept.outcome->exit.code == 3);
    const auto &commands = kept.outcome->commands;
    CHECK(std::count_if(commands.begin(), commands.end(),
                        [](const Command &command) { return command.name == "n\xef\xbf\xbdme"; }) == 2);
    // What stood there as text is that text still.
    CHECK_THAT(kept.recording->argv.at(2), Contains("back\\\\xffslash") && Contains("\xc3\xa9"));
    CHECK(kept.processes.size() == 7);
  }
}

TEST_CASE("a pipe is read like a file, at once and in pieces") {
  const Files files;
  const std::string name = GENERATE("a.json", "a.ndjson", "long.json");
  std::string text = files.text("a.json");
  files.put("long.json", text.insert(1, "\"x\":\"" + std::string(3'000'000, 'x') + "\",\"y\":3,"));
  int ends[2];
  REQUIRE(pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
  std::thread writer([&, fd = Fd(ends[1])] {
    const std::string bytes = files.text(name);
    for (std::size_t at = 0; at < bytes.size();) {
      const ssize_t written = ::write(fd.get(), bytes.data() + at, std::min<std::size_t>(bytes.size() - at, 4099));
      if (written > 0) at += static_cast<std::size_t>(written);
    }
  });
  const Fd before(fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3));
  dup2(ends[0], STDIN_FILENO);
  close(ends[0]);
  JsonSink json(test::create_output(files.path("b.json")));
  const auto reading = read("-", json);
  dup2(before.get(), STDIN_FILENO);
  writer.join();
  REQUIRE(reading);
  CHECK(files.text("b.json") == files.text("a.json"));
}

TEST_CASE("standard input that was partly read is read from its position") {
  const Files files;
  files.put("behind", "header\n" + files.text("a.json"));
  const Fd before(fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3));
  const Fd file(open(files.path("behind").c_str(), O_RDONLY | O_CLOEXEC));
  lseek(file.get(), 7, SEEK_SET);
  dup2(file.get(), STDIN_FILENO);
  Kept kept;
  const auto reading = read("-", kept);
  dup2(before.get(), STDIN_FILENO);
  REQUIRE(reading);
  CHECK(kept.rows.size() == 5);
}

TEST_CASE("a file is read up to the end that it had when it was opened") {
  const Files files;
  files.put("grows.ndjson", files.text("a.ndjson").substr(0, files.text("a.ndjson").rfind("{\"kind\":\"end\"")));
  const auto file = InputFile::open(files.path("grows.ndjson"));
  REQUIRE(file);
  std::ofstream(files.path("grows.ndjson"), std::ios::app) << "no JSON\n";
  Kept kept;
  const auto reading = read_recording(*file, kept);
  REQUIRE(reading);
  CHECK(reading->end_missing);
  CHECK(kept.rows.size() == 5);
}

TEST_CASE("a missing, empty or special file is refused") {
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
  CHECK_THAT(message(files.path("fifo")), Contains("not a regular file") && Contains("give -"));
  CHECK_THAT(message("/dev/null"), Contains("not a regular file"));
}

TEST_CASE("a sink that fails ends the reading with its own error") {
  class Full final : public Sink {
    Result<void> begin(const Recording &) override { return {}; }
    Result<void> row(const Row &row) override { return row.number < 2 ? Result<void>() : error("disk is full"); }
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
