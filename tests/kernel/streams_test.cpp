// Standard streams that cannot be written or are closed: messages do no harm, and the command is recorded.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <functional>

#include "support/background.h"
#include "support/document.h"
#include "support/scene.h"

namespace {

using namespace test;
using Words = std::vector<std::string>;

// For a child that has not executed yet: makes `fd` a stream that cannot be written.
struct Broken {
  std::string name;
  std::function<void(int fd)> make;
};

void give_pipe_without_reader(int fd) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0 || dup2(ends[1], fd) < 0) _exit(99);
  close(ends[0]);
  if (ends[1] != fd) close(ends[1]);
}

void give_hung_up_terminal(int fd) {
  const int master = posix_openpt(O_RDWR | O_NOCTTY);
  if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) _exit(99);
  const int terminal = open(ptsname(master), O_RDWR | O_NOCTTY);
  if (terminal < 0 || dup2(terminal, fd) < 0) _exit(99);
  close(master);
  if (terminal != fd) close(terminal);
}

Broken broken_stream() {
  return GENERATE(values<Broken>({
      {"full", [](int fd) { redirect(fd, "/dev/full", O_WRONLY); }},
      {"closed", [](int fd) { close(fd); }},
      {"without a reader", give_pipe_without_reader},
      {"a terminal that was hung up", give_hung_up_terminal},
      {"read-only", [](int fd) { redirect(fd, "/dev/null", O_RDONLY); }},
  }));
}

Finished run_with_broken(int fd, const Broken &broken, Start start) {
  start.prepare = [&] { broken.make(fd); };
  return run_to_end(start);
}

// Which of the standard descriptors are open in a command.
const Words list_standard_descriptors{"sh", "-c",
                                      "for fd in 0 1 2; do [ ! -e /proc/$$/fd/$fd ] || echo $fd; done >open"};

}  // namespace

TEST_CASE("If standard error cannot be written, the command is recorded and the exit status is its own", "[host]") {
  const Broken broken = broken_stream();
  CAPTURE(broken.name);
  const std::string backend = GENERATE("auto", "proc");
  const Scene scene;
  const Finished finished = run_with_broken(
      STDERR_FILENO, broken, scene.recorder({"--backend", backend, "-o", "out.json", "--", "sh", "-c", "exit 5"}));
  CHECK(finished.signal == 0);
  CHECK(finished.exit_code == 5);
  scene.check_recording(5, nullptr);
}

TEST_CASE("If standard error cannot be written, errors keep their exit status", "[host]") {
  const Broken broken = broken_stream();
  CAPTURE(broken.name);
  const auto [status, words] = GENERATE(table<int, Words>({
      {127, {"-o", "out.json", "--", "./no-such-command"}},
      {126, {"-o", "out.json", "--", "./"}},
      {125, {"-o", "no/such/directory/x.json", "--", "true"}},
      {125, {"--no-such-option"}},
      {1, {"--pid", "2147483647"}},
      {1, {"recover", "no-such-ring"}},
      {1, {"convert", "no-such-input", "-o", "x.csv"}},
      {1, {"report", "no-such-input"}},
      {1, {"compare", "no-such-input", "no-such-input"}},
      {2, {"compare", "--no-such-option"}},
      {0, {"recover"}},
  }));
  CAPTURE(words);
  const Scene scene;
  const Finished finished = run_with_broken(STDERR_FILENO, broken, scene.recorder(words));
  CHECK(finished.signal == 0);
  CHECK(finished.exit_code == status);
}

TEST_CASE("A failed print is one line on standard error and an exit status", "[host]") {
  const Broken broken = broken_stream();
  CAPTURE(broken.name);
  const auto [status, words] = GENERATE(table<int, Words>({
      {1, {"--help"}},
      {1, {"--version"}},
      {1, {"schema"}},
      {1, {"doctor"}},
      {1, {"doctor", "--json"}},
      {1, {"compare", "a.json", "a.json"}},
      {1, {"convert", "--help"}},
      {1, {"convert", "a.json", "-o", "-.csv"}},
  }));
  CAPTURE(words);
  const Scene scene;
  REQUIRE(run_to_end(scene.recorder({"-q", "-o", "a.json", "--", "true"})).exit_code == 0);
  const Finished finished = run_with_broken(STDOUT_FILENO, broken, scene.recorder(words));
  CHECK(finished.signal == 0);
  CHECK(finished.exit_code == status);
  check_line(finished.errors, {"standard output: "});
}

TEST_CASE("A closed standard descriptor is not used by the recorder, and is closed for the command", "[host]") {
  // Every set of them.
  const unsigned closed = GENERATE(range(1U, 8U));
  CAPTURE(closed);
  const Scene scene;
  Words arguments{"-o", "d.json", "-o", "d.csv", "-o", "d.ndjson", "--"};
  arguments.insert(arguments.end(), list_standard_descriptors.begin(), list_standard_descriptors.end());
  Start start = scene.recorder(arguments);
  start.prepare = [&] {
    for (int fd = 0; fd < 3; fd++)
      if ((closed >> fd & 1U) != 0) close(fd);
  };
  const Finished finished = run_to_end(start);
  CHECK(finished.exit_code == 0);
  std::string open;
  for (int fd = 0; fd < 3; fd++)
    // The shell lists its own output as well.
    if ((closed >> fd & 1U) == 0 || fd == STDOUT_FILENO) open += fmt::format("{}\n", fd);
  CHECK(scene.text("open") == open);
  const Document document(read_json(scene.path("d.json")));
  CHECK(document.json()["meta"]["exit_code"] == 0);
  CHECK(scene.text("d.csv").starts_with("time"));
  CHECK(scene.text("d.csv").find("rusage-bpf:") == std::string::npos);
  CHECK(scene.text("d.ndjson").starts_with("{\"kind\":\"begin\""));
}

TEST_CASE("Standard output that is closed is no output", "[host]") {
  const std::string output = GENERATE("-", "-.ndjson", "-.html");
  const Scene scene(": >ran");
  Start start = scene.recorder({"-o", output, "--", "sh", "script"});
  start.prepare = [] { close(STDOUT_FILENO); };
  const Finished finished = run_to_end(start);
  CHECK(finished.exit_code == 125);
  CHECK_FALSE(scene.exists("ran"));
  check_line(finished.errors, {});
}
