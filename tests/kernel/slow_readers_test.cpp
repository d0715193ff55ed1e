// Outputs whose readers stall, are slow or close: only that output is delayed.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <optional>
#include <sstream>

#include "support/attached.h"
#include "support/background.h"
#include "support/document.h"
#include "support/ndjson.h"
#include "support/scene.h"

namespace {

using namespace test;
using Words = std::vector<std::string>;

constexpr int pipe_bytes = 16384;  // so that a pipe is soon full

// A pipe whose write end is given to a program, and whose reader is the test: it reads when it wants to.
class Reader {
 public:
  Reader() {
    std::array<int, 2> ends{};
    REQUIRE(pipe2(ends.data(), O_CLOEXEC) == 0);
    REQUIRE(fcntl(ends[1], F_SETPIPE_SZ, pipe_bytes) == pipe_bytes);
    read_end_.reset(ends[0]);
    write_end_.reset(ends[1]);
  }

  // For the child that becomes the program.
  void become(int fd) const {
    if (dup2(write_end_.get(), fd) < 0) _exit(99);
  }
  void set_non_blocking() const { REQUIRE(fcntl(write_end_.get(), F_SETFL, O_NONBLOCK) == 0); }
  // The program has it now, and its end is to be seen.
  void started() { write_end_.reset(); }
  void go_away() { read_end_.reset(); }

  [[nodiscard]] bool is_full() const {
    int bytes = 0;
    REQUIRE(ioctl(read_end_.get(), FIONREAD, &bytes) == 0);
    return bytes > pipe_bytes / 2;  // in each page, as far as whole rows fit
  }
  [[nodiscard]] std::string read_all() const {
    std::string text;
    std::array<char, 4096> part{};
    for (ssize_t got = 0; (got = read(read_end_.get(), part.data(), part.size())) > 0;)
      text.append(part.data(), static_cast<std::size_t>(got));
    return text;
  }

 private:
  rusage_bpf::Fd read_end_, write_end_;
};

// A recorder whose standard output, or error, is read by the test.
struct Read {
  Read(Start start, int fd) {
    start.prepare = [&] { reader.become(fd); };
    recorder.emplace(start);
    reader.started();
  }
  Reader reader;
  std::optional<Background> recorder;
};

bool any_ring(const Scene &scene) {
  const std::filesystem::path home = scene.path();
  return std::any_of(std::filesystem::recursive_directory_iterator(home), {},
                     [](const auto &entry) { return entry.path().extension() == ".ring"; });
}

const Words fast{"-q", "-i", ".001", "-o", "-.ndjson"};

Words with(Words words, const Words &more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

}  // namespace

TEST_CASE("While a reader stalls, signals reach the command and rows the other outputs", "[host]") {
  const Scene scene("trap ': >caught; exit 7' TERM; : >running; while :; do sleep .01; done");
  Read read(scene.recorder(with(fast, {"-o", "rows.ndjson", "--", "sh", "script"})), STDOUT_FILENO);
  wait_until("the command", [&] { return scene.exists("running"); });
  wait_until("a full pipe", [&] { return read.reader.is_full(); });
  wait_for_rows(scene.path("rows.ndjson"), 50);
  read.recorder->send(SIGTERM);
  wait_until("the signal", [&] { return scene.exists("caught"); });
  // All but the stalled output is finished.
  wait_until("the end of the other output",
             [&] { return scene.text("rows.ndjson").find(R"({"kind":"end",)") != std::string::npos; });
  const std::string rows = read.reader.read_all();
  CHECK(rows == scene.text("rows.ndjson"));
  CHECK(read.recorder->wait().exit_code == 7);
}

TEST_CASE("Rows that a reader does not read go to a temporary file, and one line says so", "[host]") {
  const Scene scene("read line <gate");
  const Gate gate(scene.path("gate"));
  Read read(scene.recorder(with(fast, {"--backend", "proc", "--", "sh", "script"})), STDOUT_FILENO);
  wait_until("the word", [&] { return !read.recorder->errors().empty(); });
  gate.open();
  const std::string rows = read.reader.read_all();
  const Finished finished = read.recorder->wait();
  check_line(finished.errors, {"standard output is not being read", "temporary file"});
  CHECK(finished.exit_code == 0);
  CHECK(rows.find(R"({"kind":"end",)") != std::string::npos);
  // Every row is there, once and in order.
  std::uint64_t next = 0;
  double elapsed = -1;
  std::istringstream text(rows);
  for (std::string line; std::getline(text, line);) {
    const auto object = nlohmann::json::parse(line);
    if (object["kind"] != "sample") continue;
    CHECK(object["elapsed"] > elapsed);
    elapsed = object["elapsed"];
    next++;
  }
  CHECK(rows.size() > 1'000'000);
  CHECK(next > 1000);
}

TEST_CASE("After the command, a signal ends the wait for a reader, and the rows are in the ring", "[host]") {
  const Scene scene("sleep .5");
  Read read(scene.recorder(with(fast, {"-o", "out.json", "--", "sh", "script"})), STDOUT_FILENO);
  wait_until("the document", [&] { return scene.exists("out.json"); });
  REQUIRE(read.reader.is_full());
  read.recorder->send(SIGTERM);
  const Finished finished = read.recorder->wait();
  CHECK(finished.exit_code == 125);
  check_line(finished.errors, {"standard output: ", "the rows are safe: rusage-bpf recover /"});
  CHECK(any_ring(scene));
  scene.check_recording(0, nullptr);
}

TEST_CASE("With --duration the command continues and gets its signals while a reader stalls", "[host]") {
  const Scene scene("echo $$ >pid; trap 'exit 7' TERM; while :; do sleep .01; done");
  Read read(scene.recorder(with(fast, {"--duration", ".5", "-o", "out.json", "--", "sh", "script"})), STDOUT_FILENO);
  wait_until("the document", [&] { return scene.exists("out.json"); });
  REQUIRE(read.reader.is_full());
  const pid_t command = std::stoi(scene.text("pid"));
  CHECK(process_state(command).state != 0);
  read.recorder->send(SIGTERM);
  wait_until("the command's end", [&] { return process_state(command).state == 0; });
  CHECK(read.reader.read_all().find(R"("ended_by":"duration")") != std::string::npos);
  CHECK(read.recorder->wait().exit_code == 7);
}

TEST_CASE("SIGTERM ends an attached recording even if a reader stalls", "[host]") {
  const Scene scene("read line <gate");
  const Gate gate(scene.path("gate"));
  const Background process({.argv = {"sh", "script"}, .directory = scene.path()});
  Read read(scene.recorder(with(fast, {"--pid", std::to_string(process.pid()), "-o", "out.json", "-o", "rows.ndjson"})),
            STDOUT_FILENO);
  // Four times what the pipe holds.
  wait_for_rows(scene.path("rows.ndjson"), 80);
  read.recorder->send(SIGTERM);
  const Finished finished = read.recorder->wait();
  CHECK(finished.exit_code == 1);
  check_line(finished.errors, {"standard output: ", "the rows are safe: rusage-bpf recover /"});
  CHECK(read_document(scene).json()["meta"]["ended_by"] == "SIGTERM");
}

TEST_CASE("A non-blocking pipe is polled", "[host]") {
  const Scene scene("sleep .5; exit 3");
  Reader reader;
  reader.set_non_blocking();
  Start start = scene.recorder(with(fast, {"-o", "rows.ndjson", "--", "sh", "script"}));
  start.prepare = [&] { reader.become(STDOUT_FILENO); };
  Background recorder(start);
  reader.started();
  wait_until("the end", [&] {
    return scene.exists("rows.ndjson") && scene.text("rows.ndjson").find(R"({"kind":"end",)") != std::string::npos;
  });
  CHECK(reader.is_full());
  CHECK(reader.read_all() == scene.text("rows.ndjson"));
  const Finished finished = recorder.wait();
  CHECK(finished.exit_code == 3);
  CHECK(finished.errors.empty());
}

TEST_CASE("An attached recording ends at once with its last reader", "[host]") {
  const std::string backend = GENERATE("auto", "proc");
  const Scene scene("read line <gate");
  const Gate gate(scene.path("gate"));
  const Background process({.argv = {"sh", "script"}, .directory = scene.path()});
  const Words options{"-q", "-i",      "3600", "--backend", backend, "--pid", std::to_string(process.pid()),
                      "-o", "-.ndjson"};
  SECTION("alone") {
    Read read(scene.recorder(options), STDOUT_FILENO);
    wait_until("the first row", [&] { return is_recording(read.recorder->pid()); });
    read.reader.go_away();
    const Finished finished = read.recorder->wait();
    CHECK(finished.exit_code == 0);
    check_line(finished.errors, {"standard output: Broken pipe"});
    CHECK_FALSE(any_ring(scene));
  }
  SECTION("beside a file that is written still") {
    Read read(scene.recorder(with(options, {"-o", "out.json"})), STDOUT_FILENO);
    wait_until("the first row", [&] { return is_recording(read.recorder->pid()); });
    read.reader.go_away();
    usleep(100'000);  // longer than it would take to end
    CHECK(process_state(read.recorder->pid()).state != 0);
    read.recorder->send(SIGINT);
    CHECK(read.recorder->wait().exit_code == 0);
    CHECK(read_document(scene).json()["meta"]["ended_by"] == "SIGINT");
  }
}

TEST_CASE("A command continues without the last reader of its rows, and the exit status is its own", "[host]") {
  const Scene scene("read line <gate; exit 5");
  const Gate gate(scene.path("gate"));
  Read read(scene.recorder(with(fast, {"--", "sh", "script"})), STDOUT_FILENO);
  wait_until("rows", [&] { return read.reader.is_full(); });
  read.reader.go_away();
  gate.open();
  const Finished finished = read.recorder->wait();
  CHECK(finished.exit_code == 5);
  check_line(finished.errors, {"standard output: Broken pipe"});
  CHECK_FALSE(any_ring(scene));
}

TEST_CASE("While standard error is not read, the command is recorded and has its signals", "[host]") {
  // More than a pipe holds.
  const Scene scene(
      "head -c 300000 /dev/zero >&2 & trap ': >caught; kill $!; exit 7' TERM; : >running; "
      "while :; do sleep .01; done");
  Read read(scene.recorder({"-i", ".001", "-o", "rows.ndjson", "--", "sh", "script"}), STDERR_FILENO);
  wait_until("the command", [&] { return scene.exists("running"); });
  wait_until("a full pipe", [&] { return read.reader.is_full(); });
  wait_for_rows(scene.path("rows.ndjson"), 50);
  read.recorder->send(SIGTERM);
  wait_until("the signal", [&] { return scene.exists("caught"); });
  wait_until("the end of the rows",
             [&] { return scene.text("rows.ndjson").find(R"({"kind":"end",)") != std::string::npos; });
  SECTION("and a reader who comes late has the summary") {
    CHECK(read.reader.read_all().find("accounted") != std::string::npos);
    CHECK(read.recorder->wait().exit_code == 7);
  }
  SECTION("and a signal ends the wait for one who does not come") {
    usleep(200'000);
    read.recorder->send(SIGTERM);
    CHECK(read.recorder->wait().signal == SIGTERM);
  }
}
