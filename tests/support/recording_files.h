// Files with recordings, and what is read from them.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "document/document.h"
#include "input/reader.h"
#include "os/fd.h"
#include "output/json_sink.h"
#include "output/ndjson_sink.h"
#include "support/process.h"
#include "support/recording.h"

namespace rusage_bpf::reader_test {

// A sink that keeps what it gets.
class KeepingSink final : public Sink {
 public:
  Result<void> begin(const Recording &started) override {
    recording = started;
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

// A directory with the same recording in JSON and NDJSON.
class Files {
 public:
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

inline Result<Reading> read(const std::string &path, Sink &sink) {
  const auto file = InputFile::open(path);
  if (!file) return tl::unexpected(file.error());
  return read_recording(*file, sink);
}

// As `read` of standard input, which is `input` meanwhile.
inline Result<Reading> read_standard_input(const Fd &input, Sink &sink) {
  const Fd before(fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3));
  dup2(input.get(), STDIN_FILENO);
  auto reading = read("-", sink);
  dup2(before.get(), STDIN_FILENO);
  return reading;
}

// The error of a file with this text, without the file's name.
inline std::string complaint(const Files &files, const std::string &text) {
  files.put("bad", text);
  KeepingSink kept;
  const auto reading = read(files.path("bad"), kept);
  REQUIRE_FALSE(reading);
  CHECK_FALSE(kept.outcome);
  const std::string &message = reading.error().message;
  CHECK_THAT(message, Catch::Matchers::StartsWith(files.path("bad") + ": ") && !Catch::Matchers::Contains("\n"));
  CHECK(message.size() < 400);
  return message.substr(files.path("bad").size());
}

inline std::string replaced(std::string text, const std::string &from, const std::string &to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace rusage_bpf::reader_test
