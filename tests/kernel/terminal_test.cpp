// The command has the terminal as without the recorder: keys, editors, job control.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <stdexcept>

#include "support/scene.h"
#include "support/terminal.h"

namespace {

using namespace test;

constexpr const char *ctrl_c = "\x03";
constexpr const char *ctrl_z = "\x1a";
constexpr const char *ctrl_backslash = "\x1c";
constexpr const char *escape = "\x1b";

// An interactive shell with job control, in which commands are typed.
class Shell {
 public:
  explicit Shell(const Scene &scene)
      : terminal_({.argv = {"sh", "-i"}, .directory = scene.path(), .environment = {{"PS1", prompt_}}}) {
    wait_for_prompt();
    enter("set -m");
    wait_for_prompt();
  }

  Terminal &terminal() { return terminal_; }
  void wait_for_prompt() { terminal_.wait_for(prompt_); }
  void enter(const std::string &line) { terminal_.type(line + "\n"); }
  void enter_recorded(const std::string &command) {
    enter(std::filesystem::absolute(built("rusage-bpf")).string() + " -q -o out.json -- " + command);
  }
  void stop_with_ctrl_z() {
    terminal_.type(ctrl_z);
    check_stopped();
  }
  // To be called where the job is about to stop.
  void check_stopped() {
    wait_for_prompt();
    enter("jobs");
    terminal_.wait_for("Stopped");
    wait_for_prompt();
  }
  void check_status(int status) {
    wait_for_prompt();
    enter("echo status-was-$?-");
    terminal_.wait_for(fmt::format("status-was-{}-", status));
  }

 private:
  static constexpr const char *prompt_ = "give-a-line> ";
  Terminal terminal_;
};

// The first of these programs that there is.
std::string installed(const std::vector<std::string> &names) {
  for (const std::string &name : names)
    if (run_to_end({.argv = {"sh", "-c", "command -v " + name}}).exit_code == 0) return name;
  throw std::runtime_error(fmt::format("none is installed: {}", fmt::join(names, ", ")));
}

}  // namespace

TEST_CASE("The command has the recorder's terminal, session and process group", "[host]") {
  const Scene scene(std::string(Pair::tell) + "test -t 0 && test -t 1 && test -t 2 && echo it-is >/dev/tty; " +
                    until_exists("go"));
  Terminal terminal(scene.recorded_script());
  terminal.wait_for("it-is");
  const Pair pair(scene);
  const auto command = process_state(pair.command);
  const auto recorder = process_state(pair.recorder);
  CHECK(pair.recorder == terminal.pid());
  CHECK(command.parent == pair.recorder);
  CHECK(command.group == recorder.group);
  CHECK(command.session == recorder.session);
  CHECK(command.terminal != 0);
  CHECK(command.terminal == recorder.terminal);
  CHECK(command.terminal_foreground_group == command.group);
  scene.create("go");
  CHECK(terminal.wait().exit_code == 0);
}

TEST_CASE("Ctrl-C and Ctrl-\\ end the command, and its recording is whole", "[host]") {
  const auto [key, signal] = GENERATE(table<const char *, int>({{ctrl_c, SIGINT}, {ctrl_backslash, SIGQUIT}}));
  // No shell: BusyBox's ignores SIGQUIT.
  const Scene scene;
  scene.create("text", "running\n");
  const Gate gate(scene.path("gate"));
  Start start = scene.recorder({"-q", "-o", "out.json", "--", "cat", "text", "gate"});
  start.prepare = without_core_files;
  Terminal terminal(start);
  terminal.wait_for("running");
  terminal.type(key);
  CHECK(terminal.wait().exit_code == 128 + signal);
  scene.check_recording(nullptr, signal);
}

TEST_CASE("A command that catches Ctrl-C gets it once and ends as it likes", "[host]") {
  const Scene scene("trap 'caught=$((caught+1)); : >caught' INT; echo running; " + watch_until_exists("go") +
                    "exit $((caught+6))");
  Terminal terminal(scene.recorded_script());
  terminal.wait_for("running");
  terminal.type(ctrl_c);
  wait_until("SIGINT", [&] { return scene.exists("caught"); });
  scene.create("go");
  CHECK(terminal.wait().exit_code == 7);
  scene.check_recording(7, nullptr);
}

TEST_CASE("Ctrl-Z stops the recorder with its command, and fg continues both", "[host]") {
  const Scene scene(std::string(Pair::tell) + "read line <gate; exit 5");
  const Gate gate(scene.path("gate"));
  Shell shell(scene);
  shell.enter_recorded("sh script");
  const Pair pair(scene);
  for (int time = 0; time < 2; time++) {
    shell.stop_with_ctrl_z();
    wait_until("the stop of both", [&] { return pair.both_stopped(); });
    shell.enter("fg");
    wait_until("the continuation of both", [&] { return pair.none_stopped(); });
  }
  gate.open();
  shell.check_status(5);
  scene.check_recording(5, nullptr);
}

TEST_CASE("A command that stops only itself stops its recorder, and fg continues both", "[host]") {
  const Scene scene(std::string(Pair::tell) + "kill -TSTP $$; echo it-goes-on; exit 4");
  Shell shell(scene);
  shell.enter_recorded("sh script");
  shell.check_stopped();
  const Pair pair(scene);
  wait_until("the stop of both", [&] { return pair.both_stopped(); });
  shell.enter("fg");
  shell.terminal().wait_for("it-goes-on");
  shell.check_status(4);
  scene.check_recording(4, nullptr);
}

TEST_CASE("A command in the background that reads the terminal stops, and fg lets it read", "[host]") {
  const Scene scene(std::string(Pair::tell) + "test \"$(head -n 1 </dev/tty)\" = text");
  Shell shell(scene);
  shell.enter_recorded("sh script &");
  shell.wait_for_prompt();
  const Pair pair(scene);
  wait_until("the stop of both", [&] { return pair.both_stopped(); });
  shell.enter("fg");
  wait_until("the continuation of both", [&] { return pair.none_stopped(); });
  shell.enter("text");
  shell.check_status(0);
}

TEST_CASE("An interactive shell can be the command, with its own job control", "[host]") {
  const Scene scene("echo running; read line <gate");
  const Gate gate(scene.path("gate"));
  Shell shell(scene);
  shell.enter_recorded("sh -i");
  shell.wait_for_prompt();
  shell.enter("sh script");
  shell.terminal().wait_for("running");
  shell.stop_with_ctrl_z();
  gate.open();
  shell.enter("fg");
  shell.wait_for_prompt();
  shell.enter("exit 3");
  shell.check_status(3);
  scene.check_recording(3, nullptr);
}

TEST_CASE("An editor works, and so do Ctrl-Z in it and fg", "[host]") {
  const std::string editor = installed({"vi", "vim", "vim.tiny"});
  const Start ask{.argv = {"sh", "-c", editor + " --help 2>&1 | grep -q BusyBox"}};
  const bool is_busybox = run_to_end(ask).exit_code == 0;
  const Scene scene;
  scene.create("text", "first line\n");
  Shell shell(scene);
  shell.enter_recorded(editor + " text");
  shell.terminal().wait_for("first line");
  if (GENERATE(false, true)) {
    shell.stop_with_ctrl_z();
    shell.enter("fg");
    shell.terminal().wait_for("first line");
  }
  shell.terminal().type(std::string("iThe ") + escape);
  if (is_busybox) {  // takes escape and what follows at once for a function key; shows its mode
    shell.terminal().wait_for("I text");
    shell.terminal().wait_for("- text");
  }
  shell.terminal().type(":wq\r");
  shell.check_status(0);
  CHECK(scene.text("text") == "The first line\n");
  scene.check_recording(0, nullptr);
}

TEST_CASE("A pager works, and q leaves it", "[host]") {
  const Scene scene;
  scene.create("text", "first line\n");
  Shell shell(scene);
  shell.enter_recorded(installed({"less"}) + " text");
  shell.terminal().wait_for("first line");
  shell.terminal().type("q");
  shell.check_status(0);
  scene.check_recording(0, nullptr);
}

TEST_CASE("A change of the window's size reaches the command", "[host]") {
  const Scene scene("trap 'stty size; : >go' WINCH; echo running; " + until_exists("go"));
  Terminal terminal(scene.recorded_script());
  terminal.wait_for("running");
  terminal.resize(33, 101);
  terminal.wait_for("33 101");
  CHECK(terminal.wait().exit_code == 0);
}

TEST_CASE("The hangup of the terminal reaches the command, also if the recorder is the session leader", "[host]") {
  const Scene scene("trap 'exit 8' HUP; echo running; " + until_exists("go"));
  Terminal terminal(scene.recorded_script());
  terminal.wait_for("running");
  terminal.hang_up();
  CHECK(terminal.wait().exit_code == 8);
  scene.check_recording(8, nullptr);
}
