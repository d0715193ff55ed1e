// The live line on a terminal: when it is drawn, and that it is wiped.
#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>

#include "support/background.h"
#include "support/ndjson.h"
#include "support/scene.h"
#include "support/screen.h"
#include "support/terminal.h"

namespace {

using namespace test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

constexpr const char *keys_that_stop_output = "\x13";
constexpr const char *keys_that_let_output_go_on = "\x11";
constexpr const char *keys_that_interrupt = "\x03";
// Only of the live line.
constexpr const char *in_the_line = "procs";
constexpr const char *end_of_line = "\x1b[J";

Background a_sleeper() {
  return Background({.argv = {"sleep", "1000"}});
}

// A recorder of a process, in a terminal of 80 columns that has the sparkline's characters.
Start in_terminal(const Scene &scene, const Background &target, std::vector<std::string> options = {}) {
  options.insert(options.begin(), {"-i", ".001", "-o", "out.ndjson", "--pid", std::to_string(target.pid())});
  Start start = scene.recorder(std::move(options));
  start.environment.insert({"LC_ALL", "C.UTF-8"});
  return start;
}

std::size_t rows_so_far(const Scene &scene) {
  if (!scene.exists("out.ndjson")) return 0;
  const std::string text = scene.text("out.ndjson");
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

// More than from one redraw to the next.
void wait_for_rows(const Scene &scene) {
  const std::size_t rows = rows_so_far(scene);
  wait_until("a thousand rows", [&] { return rows_so_far(scene) > rows + 1000; });
}

}  // namespace

TEST_CASE("An attached recording shows a live line, and wipes it before the summary", "[host]") {
  const Scene scene;
  const Background target = a_sleeper();
  Terminal terminal(in_terminal(scene, target));
  for (int time = 0; time < 4; time++) terminal.wait_for(in_the_line);
  terminal.type(keys_that_interrupt);
  const Finished finished = terminal.wait();
  CHECK(finished.exit_code == 0);
  CHECK_THAT(finished.output, Contains("\x1b[32m") && Contains("▁"));
  // Other lines may be wider than the terminal.
  const auto shown = screen(finished.output, 200);
  INFO(finished.output);
  REQUIRE(shown.size() > 5);
  CHECK_THAT(shown[0], StartsWith("rusage-bpf: after a crash, run:"));
  CHECK_THAT(shown[1], StartsWith("rusage-bpf: recording process"));
  CHECK(shown[2].empty());
  CHECK_THAT(shown[3], StartsWith("process ") && Contains("until SIGINT"));
  CHECK_THAT(shown[4], StartsWith("  CPU        "));
  for (const std::string &line : shown) CHECK_THAT(line, !Contains(in_the_line));
}

TEST_CASE("The live line has no colours if they are disabled, and no blocks if the terminal has none", "[host]") {
  const Scene scene;
  const Background target = a_sleeper();
  Start start = in_terminal(scene, target, {"-d", ".1"});
  start.environment["NO_COLOR"] = "1";
  Finished finished = Terminal(start).wait();
  CHECK_THAT(finished.output, Contains(in_the_line) && !Contains("\x1b[32m"));
  start.environment = {{"LC_ALL", "C"}};
  finished = Terminal(start).wait();
  CHECK_THAT(finished.output, Contains(in_the_line) && !Contains("\x1b[32m") && !Contains("▁"));
}

TEST_CASE("There is no live line if it was not requested, or cannot be drawn", "[host]") {
  const Scene scene;
  const Background target = a_sleeper();
  const auto check = [&](const Start &start) {
    const Finished finished = Terminal(start).wait();
    CHECK(finished.exit_code == 0);
    CHECK_THAT(finished.output, !Contains(in_the_line) && !Contains(end_of_line));
  };
  check(in_terminal(scene, target, {"-d", ".1", "--no-progress"}));
  check(in_terminal(scene, target, {"-d", ".1", "-q"}));
  check(in_terminal(scene, target, {"-d", ".1", "-o", "-.csv"}));
  Start dumb = in_terminal(scene, target, {"-d", ".1", "--progress"});
  dumb.environment["TERM"] = "dumb";
  check(dumb);
  Start to_file = in_terminal(scene, target, {"-d", ".1", "--progress"});
  const std::string errors = scene.path("errors");
  to_file.prepare = [&] { redirect(STDERR_FILENO, errors, O_WRONLY | O_CREAT); };
  check(to_file);
  CHECK_THAT(scene.text("errors"), Contains("audit") && !Contains(in_the_line));
  check(scene.recorder({"-o", "out.json", "--", "true"}));
}

TEST_CASE("On request a command has a live line too, which is wiped at the end", "[host]") {
  const Scene scene("printf 'a line of its own\\n'; " + until_exists("go"));
  Terminal terminal(scene.recorder({"-q", "--progress", "-i", ".001", "-o", "out.json", "--", "sh", "script"}));
  terminal.wait_for(in_the_line);
  terminal.wait_for(in_the_line);
  scene.create("go");
  const Finished finished = terminal.wait();
  CHECK(finished.exit_code == 0);
  CHECK(screen(finished.output, 80).back().empty());
  CHECK_THAT(finished.output, Contains("a line of its own"));
}

TEST_CASE("The live line fits a window that is made narrower, and one that is made wider", "[host]") {
  const Scene scene;
  const Background target = a_sleeper();
  Terminal terminal(in_terminal(scene, target, {"-q", "--progress"}));
  terminal.wait_for("/s\x1b[J");
  terminal.resize(24, 32);
  terminal.wait_for("iB\x1b[J");
  terminal.resize(24, 3);
  terminal.wait_for("\r\x1b[J");
  terminal.resize(24, 200);
  terminal.wait_for("/s\x1b[J");
  terminal.type(keys_that_interrupt);
  const Finished finished = terminal.wait();
  CHECK(finished.exit_code == 0);
  CHECK(screen(finished.output, 200) == std::vector<std::string>{""});
}

TEST_CASE("A terminal whose output is stopped delays no row", "[host]") {
  const Scene scene;
  const Background target = a_sleeper();
  Terminal terminal(in_terminal(scene, target, {"-q", "--progress"}));
  terminal.wait_for(in_the_line);
  terminal.type(keys_that_stop_output);
  wait_for_rows(scene);
  wait_for_rows(scene);
  terminal.type(keys_that_let_output_go_on);
  terminal.wait_for(in_the_line);
  terminal.type(keys_that_interrupt);
  CHECK(terminal.wait().exit_code == 0);
}

TEST_CASE("A recorder in the background draws nothing, and is not stopped for it", "[host]") {
  const Scene scene;
  const Background target = a_sleeper();
  Terminal terminal({.argv = {"sh", "-i"}, .directory = scene.path()});
  const Start recorder = in_terminal(scene, target, {"-q", "--progress", "-d", "1"});
  terminal.type(fmt::format("stty tostop; set -m; {} &\n", fmt::join(recorder.argv, " ")));
  wait_until("the recording's end", [&] {
    return scene.exists("out.ndjson") && !whole_lines(scene.text("out.ndjson")).empty() &&
           whole_lines(scene.text("out.ndjson")).back()["kind"] == "end";
  });
  terminal.type("exit\n");
  CHECK_THAT(terminal.wait().output, !Contains(in_the_line));
}
