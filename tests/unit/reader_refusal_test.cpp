// Files that are no complete recordings.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>
#include <catch2/catch.hpp>
#include <fstream>
#include <thread>

#include "support/recording_files.h"

namespace rusage_bpf::reader_test {
namespace {

using Catch::Matchers::Contains;

TEST_CASE("NDJSON that was cut anywhere has its complete rows", "[long]") {
  const Files files;
  const std::string whole = files.text("a.ndjson");
  const std::size_t begin_end = whole.find('\n');
  for (std::size_t size = begin_end + 1; size < whole.size() - 1; size += 31) {
    const std::string cut = whole.substr(0, size);
    files.put("cut.ndjson", cut);
    KeepingSink kept;
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
    KeepingSink kept;
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
  KeepingSink kept;
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
  // Unknown parts are from a later version.
  files.put("later.json", json.substr(0, json.size() - 1) + ",\"later\":1,\"later\":2}");
  KeepingSink kept;
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
  KeepingSink kept;
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
  KeepingSink kept;
  REQUIRE(read(files.path("just.ndjson"), kept));
  CHECK(kept.outcome->totals[RUSAGE_read_bytes] == UINT64_MAX);
  CHECK_THAT(
      complaint(files, with_samples(files, {sample("read_bytes", "18446744073709551614"), sample("read_bytes", "2")})),
      Contains("line 3: read_bytes adds up to more than 64 bits hold"));
  // In nanoseconds. The two parts of CPU time are also added.
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
    KeepingSink kept;
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
  // After all of them, unknown parts are skipped.
  files.put("later.json", "{\"x\":[" + objects + "]," + json.substr(1));
  KeepingSink kept;
  CHECK(read(files.path("later.json"), kept));
}

TEST_CASE("a missing, empty or special file is refused") {
  const Files files;
  KeepingSink kept;
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

}  // namespace
}  // namespace rusage_bpf::reader_test
