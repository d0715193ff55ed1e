// Without a terminal: the command's input and output, signals to the recorder, and what the command inherits.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>

#include "support/background.h"
#include "support/scene.h"

using namespace test;

TEST_CASE("Standard input goes to the command, and standard output is only the command's", "[host]") {
  std::string bytes;
  for (int i = 0; i < 300'000; i++) bytes += static_cast<char>(i % 251);
  const Scene scene;
  Start start = scene.recorder({"-q", "--", "cat"});
  start.input = bytes;
  const Finished finished = run_to_end(start);
  CHECK(finished.exit_code == 0);
  CHECK((finished.output == bytes));
  CHECK(finished.errors.empty());
}

TEST_CASE("A signal sent to the recorder reaches the command once, and its recording is whole", "[host]") {
  const int signal = GENERATE(SIGTERM, SIGHUP, SIGINT, SIGQUIT);
  const std::string name = std::to_string(signal);
  SECTION("caught by the command") {
    const Scene scene("trap 'caught=$((caught+1)); : >caught' " + name + "; : >running; " + watch_until_exists("go") +
                      "exit $((caught+8))");
    Background recorder(scene.recorded_script());
    wait_until("the command", [&] { return scene.exists("running"); });
    recorder.send(signal);
    wait_until("the signal", [&] { return scene.exists("caught"); });
    scene.create("go");
    CHECK(recorder.wait().exit_code == 9);
    scene.check_recording(9, nullptr);
  }
  SECTION("deadly to the command") {
    // No shell: BusyBox's ignores SIGQUIT.
    const Scene scene;
    scene.create("text", "running\n");
    const Gate gate(scene.path("gate"));
    Start start = scene.recorder({"-q", "-o", "out.json", "--", "cat", "text", "gate"});
    start.prepare = without_core_files;
    Background recorder(start);
    wait_until("the command", [&] { return recorder.output() == "running\n"; });
    recorder.send(signal);
    CHECK(recorder.wait().exit_code == 128 + signal);
    scene.check_recording(nullptr, signal);
  }
}

TEST_CASE("A command continues when its recorder is killed") {
  const Scene scene(": >running; " + until_exists("go") + "echo finished; : >finished");
  Background recorder(scene.recorded_script());
  wait_until("the command", [&] { return scene.exists("running"); });
  recorder.send(SIGKILL);
  CHECK(recorder.wait().signal == SIGKILL);
  scene.create("go");
  wait_until("the command's work", [&] { return scene.exists("finished"); });
  CHECK_FALSE(scene.exists("out.json"));
}

TEST_CASE("The command inherits the same as without the recorder", "[host]") {
  const Scene scene;
  const auto output = [](Start start) {
    // As under nohup, and more of the like; descriptor 9 as a parent's gift, such as make's.
    start.prepare = [] {
      for (const int ignored : {SIGINT, SIGHUP, SIGCHLD, SIGPIPE}) std::signal(ignored, SIG_IGN);
      sigset_t blocked;
      sigemptyset(&blocked);
      for (const int one : {SIGUSR1, SIGTERM}) sigaddset(&blocked, one);
      sigprocmask(SIG_BLOCK, &blocked, nullptr);
      dup2(STDERR_FILENO, 9);
    };
    const Finished finished = run_to_end(start);
    CHECK(finished.exit_code == 0);
    CHECK_FALSE(finished.output.empty());
    return finished.output;
  };
  // No shell, which would change its signals.
  using Argv = std::vector<std::string>;
  const auto argv =
      GENERATE(Argv{"grep", "-E", "^(Sig(Pnd|Blk|Ign|Cgt)|Cap)", "/proc/self/status"}, Argv{"ls", "/proc/self/fd"},
               Argv{"cat", "/proc/self/limits"}, Argv{"cat", "/proc/self/oom_score_adj"}, Argv{"env"}, Argv{"pwd"});
  Argv arguments{"-q", "--"};
  arguments.insert(arguments.end(), argv.begin(), argv.end());
  CHECK(output(scene.recorder(arguments)) == output({.argv = argv, .directory = scene.path()}));
}

TEST_CASE("The exit status is known even if the recorder's parent ignores SIGCHLD", "[host]") {
  const Scene scene("exit 3");
  CHECK(run_to_end(scene.recorded_script([] { std::signal(SIGCHLD, SIG_IGN); })).exit_code == 3);
  scene.check_recording(3, nullptr);
}

TEST_CASE("Background processes of the command continue when the recorder ends", "[host]") {
  const Scene scene("( " + until_exists("go") + " : >finished ) & exit 4");
  CHECK(run_to_end(scene.recorded_script()).exit_code == 4);
  scene.check_recording(4, nullptr);
  CHECK_FALSE(scene.exists("finished"));
  scene.create("go");
  wait_until("the background's work", [&] { return scene.exists("finished"); });
}
