// Signals to the recorder, whose pid the user knows: each reaches the command as often as without the recorder, and
// none ends the recording.
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include "support/attached.h"
#include "support/document.h"
#include "support/scene.h"

namespace {

using namespace test;

// A command that writes down each signal that it gets, and its recorder.
class Signalled {
 public:
  explicit Signalled(std::vector<std::string> before = {}) {
    Start start = scene_.recorder(
        {"-q", "-o", "out.json", "--", std::filesystem::absolute(built("tests/programs/signalled")), "signals"});
    start.argv.insert(start.argv.begin(), before.begin(), before.end());
    top_.emplace(start);
    wait_until("the command", [&] { return lines().size() == 1; });
    std::string word;
    std::istringstream(lines().front()) >> word >> command_ >> recorder_;
  }

  [[nodiscard]] pid_t command() const { return command_; }
  [[nodiscard]] pid_t recorder() const { return recorder_; }
  [[nodiscard]] Background &top() { return *top_; }

  // "NUMBER VALUE" for each signal, in order, once there are so many.
  [[nodiscard]] std::vector<std::string> received(std::size_t count) const {
    wait_until("the signals", [&] { return lines().size() > count; });
    const auto all = lines();
    return {all.begin() + 1, all.end()};
  }
  // Ends the command. Then it has received all its signals.
  std::vector<std::string> finish() {
    kill(command_, SIGUSR2);
    CHECK(top_->wait().exit_code == 5);
    scene_.check_recording(5, nullptr);
    const auto all = lines();
    return {all.begin() + 1, all.end()};
  }

 private:
  [[nodiscard]] std::vector<std::string> lines() const {
    std::ifstream file(scene_.path("signals"));
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line) && !file.eof();) lines.push_back(line);
    return lines;
  }

  Scene scene_;
  std::optional<Background> top_;
  pid_t command_ = 0;
  pid_t recorder_ = 0;
};

std::string line(int number, int value = 0) {
  return fmt::format("{} {}", number, value);
}

// The processes of a process group, but for zombies.
std::vector<pid_t> members_of(pid_t group) {
  std::vector<pid_t> members;
  for (const auto &entry : std::filesystem::directory_iterator("/proc")) {
    const pid_t pid = std::atoi(entry.path().filename().c_str());
    const auto process = pid > 0 ? process_state(pid) : ProcessState{};
    if (process.group == group && process.state != 'Z') members.push_back(pid);
  }
  return members;
}

}  // namespace

TEST_CASE("Every signal that a user may send to the recorder reaches the command once", "[host]") {
  Signalled recorded;
  std::vector<std::string> sent;
  for (const int number : {SIGHUP,  SIGINT,  SIGQUIT,  SIGILL,  SIGTRAP, SIGABRT,  SIGBUS,       SIGFPE,  SIGUSR1,
                           SIGSEGV, SIGPIPE, SIGALRM,  SIGTERM, SIGCONT, SIGURG,   SIGXCPU,      SIGXFSZ, SIGVTALRM,
                           SIGPROF, SIGIO,   SIGWINCH, SIGPWR,  SIGSYS,  SIGRTMIN, SIGRTMIN + 5, SIGRTMAX}) {
    kill(recorded.recorder(), number);
    sent.push_back(line(number));
    CHECK(recorded.received(sent.size()) == sent);
  }
  CHECK(recorded.finish() == sent);
}

TEST_CASE("A signal keeps the value that was sent with it, and queued ones are all passed on", "[host]") {
  Signalled recorded;
  std::vector<std::string> sent;
  for (int value = 1; value <= 20; value++) {
    sigqueue(recorded.recorder(), SIGRTMIN + 1, {.sival_int = value});
    sent.push_back(line(SIGRTMIN + 1, value));
  }
  CHECK(recorded.received(sent.size()) == sent);
  CHECK(recorded.finish() == sent);
}

TEST_CASE("A signal to the whole process group reaches the command once", "[host]") {
  Signalled recorded;
  std::vector<std::string> sent;
  for (const int number : {SIGTERM, SIGUSR1, SIGBUS, SIGCONT, SIGRTMIN + 2, SIGUSR1}) {
    kill(-recorded.recorder(), number);
    sent.push_back(line(number));
    CHECK(recorded.received(sent.size()) == sent);
  }
  // Sent only to the recorder, it comes after all signals that were passed on from the group.
  kill(recorded.recorder(), SIGALRM);
  sent.push_back(line(SIGALRM));
  CHECK(recorded.received(sent.size()) == sent);
  CHECK(recorded.finish() == sent);
}

TEST_CASE("A signal to the recorder and its process group at once reaches the command once", "[host]") {
  Signalled recorded;
  kill(recorded.recorder(), SIGTERM);
  kill(-recorded.recorder(), SIGTERM);
  kill(recorded.recorder(), SIGALRM);
  CHECK(recorded.received(2) == std::vector{line(SIGTERM), line(SIGALRM)});
  CHECK(recorded.finish().size() == 2);
}

TEST_CASE("timeout(1) ends a recorded command as it ends any other, with one signal", "[host]") {
  Signalled recorded({"timeout", "--signal=ALRM", "--preserve-status", ".4"});
  // It sends SIGCONT after its signal.
  CHECK(recorded.received(2) == std::vector{line(SIGALRM), line(SIGCONT)});
  kill(recorded.recorder(), SIGWINCH);
  CHECK(recorded.received(3) == std::vector{line(SIGALRM), line(SIGCONT), line(SIGWINCH)});
  CHECK(recorded.finish().size() == 3);
}

TEST_CASE("A batch system can stop and continue the command through the recorder's pid", "[host]") {
  const Scene scene(std::string(Pair::tell) + "read line <gate; exit 5");
  const Gate gate(scene.path("gate"));
  Start start = scene.recorded_script();
  // timeout(1) gives it a process group: the kernel stops nobody in one without a parent outside it.
  const std::vector<std::string> job{"sh", "-c", "timeout 1000 \"$@\"; exit $?", "sh"};
  start.argv.insert(start.argv.begin(), job.begin(), job.end());
  Background recorder(start);
  const Pair pair(scene);
  for (int time = 0; time < 3; time++) {
    kill(pair.recorder, SIGTSTP);
    wait_until("the stop", [&] { return process_state(pair.command).state == 'T'; });
    kill(pair.recorder, SIGCONT);
    wait_until("the continuation", [&] { return pair.none_stopped(); });
  }
  gate.open();
  CHECK(recorder.wait().exit_code == 5);
  scene.check_recording(5, nullptr);
}

TEST_CASE("The group witness exits with the recorder", "[host]") {
  Signalled recorded;
  CHECK(members_of(recorded.recorder()).size() == 3);
  SECTION("when the recorder is killed") {
    kill(recorded.recorder(), SIGKILL);
    wait_until("the command to be alone",
               [&] { return members_of(recorded.recorder()) == std::vector{recorded.command()}; });
    kill(recorded.command(), SIGUSR2);
    CHECK(recorded.top().wait().signal == SIGKILL);
  }
  SECTION("when the recording ends") {
    CHECK(recorded.finish().empty());
    CHECK(members_of(recorded.recorder()).empty());
  }
}

TEST_CASE("If the group witness is stopped or killed, signals still reach the command", "[host]") {
  const int harm = GENERATE(SIGSTOP, SIGKILL);
  Signalled recorded;
  for (const pid_t pid : members_of(recorded.recorder()))
    if (pid != recorded.recorder() && pid != recorded.command()) kill(pid, harm);
  kill(recorded.recorder(), SIGTERM);
  CHECK(recorded.received(1) == std::vector{line(SIGTERM)});
  CHECK(recorded.finish().size() == 1);
}

TEST_CASE("A signal that would kill an attached recorder ends its recording instead", "[host]") {
  const auto [signal, name] = GENERATE(table<int, std::string>({{SIGUSR1, "SIGUSR1"},
                                                                {SIGALRM, "SIGALRM"},
                                                                {SIGPIPE, "SIGPIPE"},
                                                                {SIGXCPU, "SIGXCPU"},
                                                                {SIGABRT, "SIGABRT"},
                                                                {SIGBUS, "SIGBUS"},
                                                                {SIGRTMIN, "SIGRTMIN"},
                                                                {SIGRTMIN + 3, "SIGRTMIN+3"}}));
  const Scene scene("read line <gate");
  const Gate gate(scene.path("gate"));
  Background target({.argv = {"sh", "script"}, .directory = scene.path()});
  AttachedRecorder recorder(scene, target.pid());
  // These would not kill it.
  for (const int harmless : {SIGWINCH, SIGCONT, SIGURG}) recorder.send(harmless);
  recorder.pass_row();
  recorder.send(signal);
  recorder.finish(name);
  gate.open();
  CHECK(target.wait().exit_code == 0);
}
