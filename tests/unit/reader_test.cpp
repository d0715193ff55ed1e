#include "input/reader.h"

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
  KeepingSink kept;
  REQUIRE(read(files.path("sorted.json"), kept));
  REQUIRE(kept.rows.size() == 5);
  CHECK_FALSE(kept.rows[2].known[RUSAGE_rss]);
  CHECK(kept.rows[2].value[RUSAGE_vms] == 3);
  CHECK(kept.rows[2].number == 2);
  CHECK(kept.rows[2].value[RUSAGE_user] == 1'234'567'891);
}

TEST_CASE("skipped and passed-on parts are not kept in memory", "[long]") {
  const Files files;
  const std::string text = replaced(files.text("a.json"), "\"processes\": [\n]", "\"other\": []");
  std::string many = "{\"processes\": [{}";
  const std::string process = ",{\"command\":\"" + std::string(1'000, 'x') + "\"}";
  for (int i = 0; i < 20'000; i++) many += process;
  files.put("many.json", many + "]," + text.substr(1));
  KeepingSink kept;
  CHECK(read(files.path("many.json"), kept));
}

TEST_CASE(
    "documents of an earlier version are read, and names that it could not tell apart are added "
    "up") {
  for (const char *name : {"/old.json", "/old.ndjson"}) {
    KeepingSink kept;
    const auto reading = read(TEST_DOCUMENTS + std::string(name), kept);
    REQUIRE(reading);
    CHECK_FALSE(reading->end_missing);
    CHECK(kept.rows.size() == 5);
    CHECK(kept.outcome->exit.code == 3);
    const auto &commands = kept.outcome->commands;
    CHECK(std::count_if(commands.begin(), commands.end(),
                        [](const Command &command) { return command.name == "n\xef\xbf\xbdme"; }) == 2);
    // The text is the same as before.
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
  JsonSink json(test::create_output(files.path("b.json")));
  const auto reading = read_standard_input(Fd(ends[0]), json);
  writer.join();
  REQUIRE(reading);
  CHECK(files.text("b.json") == files.text("a.json"));
}

TEST_CASE("standard input that was partly read is read from its position") {
  const Files files;
  files.put("behind", "header\n" + files.text("a.json"));
  const Fd file(open(files.path("behind").c_str(), O_RDONLY | O_CLOEXEC));
  lseek(file.get(), 7, SEEK_SET);
  KeepingSink kept;
  const auto reading = read_standard_input(file, kept);
  REQUIRE(reading);
  CHECK(kept.rows.size() == 5);
}

TEST_CASE("a file is read up to the end that it had when it was opened") {
  const Files files;
  files.put("grows.ndjson", files.text("a.ndjson").substr(0, files.text("a.ndjson").rfind("{\"kind\":\"end\"")));
  const auto file = InputFile::open(files.path("grows.ndjson"));
  REQUIRE(file);
  std::ofstream(files.path("grows.ndjson"), std::ios::app) << "no JSON\n";
  KeepingSink kept;
  const auto reading = read_recording(*file, kept);
  REQUIRE(reading);
  CHECK(reading->end_missing);
  CHECK(kept.rows.size() == 5);
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
