// The reasons for the end of a recording: each time the document is complete, with its shorter last row, and the target
// continues.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <optional>

#include "support/attached.h"

namespace {

using namespace test;
using Words = std::vector<std::string>;

// A script that is recorded. At each opening of its gate it writes one byte.
class Work {
 public:
  Work() : gate_(scene_.path("gate")), process_({.argv = {"sh", "script"}, .directory = scene_.path()}) {}

  [[nodiscard]] const Scene &scene() const { return scene_; }
  [[nodiscard]] pid_t pid() const { return process_.pid(); }
  void do_one() {
    gate_.open();
    done_++;
    const std::string file = fmt::format("done-{}", done_);
    wait_until("the work", [&] { return scene_.exists(file); });
  }
  // Lets it do the rest, and so end.
  void finish() {
    while (done_ < 3) do_one();
    CHECK(process_.wait().exit_code == 7);
  }

 private:
  Scene scene_{"for n in 1 2 3; do read line <gate; echo >/dev/null; : >done-$n; done; exit 7"};
  Gate gate_;
  Background process_;
  int done_ = 0;
};

// A first row and a last one: no other is due within an hour. The last has the work in it.
void check_last_row(const Document &document, std::int64_t writes) {
  CHECK(document.rows().size() == 2);
  CHECK(document.sum("write_count") == writes);
  CHECK(document.rows().back()["elapsed"] < 3000);
  CHECK(document.json().contains("totals"));
  CHECK(document.json().contains("audit"));
}

const Words hourly{"-i", "3600"};

// A command whose child outlives it: it waits at a gate, writes a byte and ends.
class Leaver {
 public:
  explicit Leaver(Words options) : gate_(scene_.path("gate")) {
    options.insert(options.begin(), {"-q", "-i", "3600", "-o", "out.json"});
    options.insert(options.end(), {"--", "sh", "script"});
    recorder_.emplace(scene_.recorder(std::move(options)));
    wait_until("the child", [this] { return scene_.exists("child-runs"); });
  }

  [[nodiscard]] const Scene &scene() const { return scene_; }
  [[nodiscard]] Background &recorder() { return *recorder_; }
  void wait_for_commands_end() const {
    wait_until("the command's end", [this] {
      const pid_t command = std::atoi(scene_.text("pid").c_str());
      return process_state(command).state == 0;
    });
  }
  void end_child() const {
    gate_.open();
    wait_until("the child's work", [this] { return scene_.exists("done"); });
  }

 private:
  Scene scene_{"echo $$ >pid; { : >child-runs; read line <gate; echo >/dev/null; : >done; } & exit 5"};
  Gate gate_;
  std::optional<Background> recorder_;
};

// Whether a process has a file open in this directory that has no name.
bool has_nameless_file(pid_t pid, const std::string &directory) {
  std::error_code gone;
  for (std::filesystem::directory_iterator fd("/proc/" + std::to_string(pid) + "/fd", gone), end; fd != end;
       fd.increment(gone)) {
    const std::string target = std::filesystem::read_symlink(*fd, gone);
    if (target.starts_with(directory + "/#")) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("a signal to an attached recorder ends only the recording", "[host]") {
  const auto [signal, name] =
      GENERATE(table<int, std::string>({{SIGINT, "SIGINT"}, {SIGTERM, "SIGTERM"}, {SIGHUP, "SIGHUP"}}));
  Work work;
  AttachedRecorder recorder(work.scene(), work.pid(), hourly);
  work.do_one();
  recorder.send(signal);
  recorder.send(signal);  // a second Ctrl-C loses nothing
  check_last_row(recorder.finish(name), 1);
  work.finish();
}

TEST_CASE("a signal during the start of the recorder ends the recording at once", "[host]") {
  Work work;
  for (int time = 0; time < 10; time++) {
    Background recorder(attached(work.scene(), work.pid(), hourly));
    // From here on it has begun to write its output, and may be anywhere.
    wait_until("the output", [&] { return has_nameless_file(recorder.pid(), work.scene().path()); });
    usleep(static_cast<useconds_t>(time) * 10'000);
    recorder.send(SIGINT);
    CHECK(recorder.wait().exit_code == 0);
    CHECK(read_document(work.scene()).json()["meta"]["ended_by"] == "SIGINT");
    std::filesystem::remove(work.scene().path("out.json"));
    CHECK(work.scene().files() == std::set<std::string>{"gate", "script"});
  }
  work.finish();
}

TEST_CASE("--duration ends the recording of a tree, and the tree continues", "[host]") {
  Work work;
  Words options = hourly;
  options.insert(options.end(), {"--duration", "1"});
  AttachedRecorder recorder(work.scene(), work.pid(), options);
  work.do_one();
  const Document document = recorder.finish("duration");
  check_last_row(document, document.sum("write_count"));
  CHECK(document.rows().back()["elapsed"] >= 1);
  work.finish();
}

TEST_CASE("the exit of a tree's last process ends its recording") {
  Work work;
  AttachedRecorder recorder(work.scene(), work.pid(), hourly);
  work.finish();
  const Document document = recorder.finish("tree");
  check_last_row(document, 3);
  CHECK(document.rows().back()["pid_count"] == 0);
  CHECK(document.sum("exits") == 1);
  CHECK(document.json()["meta"]["exit_code"].is_null());
}

TEST_CASE("with --stop-on-eof the end of standard input ends the recording, other input does not", "[host]") {
  Work work;
  const std::string path = work.scene().path("input");
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  // Both ends, so that opening one of them does not block.
  rusage_bpf::Fd input(open(path.c_str(), O_RDWR | O_CLOEXEC));
  Words options = hourly;
  options.emplace_back("--stop-on-eof");
  Start start = attached(work.scene(), work.pid(), options);
  start.prepare = [&] { redirect(STDIN_FILENO, path, O_RDONLY); };
  AttachedRecorder recorder(work.scene(), start);
  REQUIRE(write(input.get(), "text\n", 5) == 5);
  work.do_one();
  CHECK(is_recording(recorder.process().pid()));
  input.reset();
  check_last_row(recorder.finish("eof"), 1);
  work.finish();
}

TEST_CASE("with --stop-with the exit of that process ends the recording, and the target continues", "[host]") {
  Work work;
  Background other({.argv = {"sleep", "3600"}, .directory = work.scene().path()});
  Words options = hourly;
  options.insert(options.end(), {"--stop-with", std::to_string(other.pid())});
  AttachedRecorder recorder(work.scene(), work.pid(), options);
  work.do_one();
  CHECK(is_recording(recorder.process().pid()));
  other.send(SIGKILL);
  check_last_row(recorder.finish("stop-with"), 1);
  work.finish();
}

TEST_CASE("with --stop-with of the recorded process, its descendants may outlive the recording, which has its exit") {
  const Scene scene("sleep 3600 & echo $! >child; : >ready; read line <gate");
  const Gate gate(scene.path("gate"));
  Background root({.argv = {"sh", "script"}, .directory = scene.path()});
  wait_until("the child", [&] { return scene.exists("ready"); });
  const pid_t child = std::stoi(scene.text("child"));
  Words options = hourly;
  options.insert(options.end(), {"--stop-with", std::to_string(root.pid())});
  AttachedRecorder recorder(scene, root.pid(), options);
  root.send(SIGKILL);
  const Document document = recorder.finish("stop-with");
  CHECK(kill(child, SIGKILL) == 0);
  CHECK(document.rows().back()["pid_count"] == 1);
  CHECK(document.sum("exits") == 1);
  const auto &processes = document.json()["processes"];
  const auto ended = std::find_if(processes.begin(), processes.end(),
                                  [&](const auto &process) { return process["pid"] == root.pid(); });
  REQUIRE(ended != processes.end());
  CHECK((*ended)["signal"] == SIGKILL);
}

TEST_CASE("if the process that held standard input was killed, the recording has its exit") {
  const std::string way = GENERATE("", "--count-at-last-switch");
  const Scene scene("exec 3>input; : >ready; read line <gate");
  const Gate gate(scene.path("gate"));
  const std::string path = scene.path("input");
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  rusage_bpf::Fd input(open(path.c_str(), O_RDWR | O_CLOEXEC));
  Background holder({.argv = {"sh", "script"}, .directory = scene.path()});
  wait_until("the holder", [&] { return scene.exists("ready"); });
  Words options = hourly;
  options.emplace_back("--stop-on-eof");
  if (!way.empty()) options.push_back(way);
  Start start = attached(scene, holder.pid(), options);
  start.prepare = [&] { redirect(STDIN_FILENO, path, O_RDONLY); };
  AttachedRecorder recorder(scene, start);
  input.reset();
  holder.send(SIGKILL);
  const Document document = recorder.finish("tree");
  const auto &process = document.json()["processes"].back();
  CHECK(process["pid"] == holder.pid());
  CHECK(process["signal"] == SIGKILL);
  CHECK_FALSE(process["end"].is_null());
  CHECK(document.sum("exits") == 1);
}

TEST_CASE("--duration ends the document, and the recorder waits for the command's own status", "[host]") {
  const Scene scene("read line <gate; exit 5");
  const Gate gate(scene.path("gate"));
  Background recorder(scene.recorder({"-q", "-i", "3600", "--duration", ".2", "-o", "out.json", "--", "sh", "script"}));
  wait_until("the document", [&] { return scene.exists("out.json"); });
  const Document document = read_document(scene);
  check_last_row(document, 0);
  CHECK(document.json()["meta"]["ended_by"] == "duration");
  CHECK(document.json()["meta"]["exit_code"].is_null());
  CHECK(document.json()["meta"]["signal"].is_null());
  gate.open();
  CHECK(recorder.wait().exit_code == 5);
}

TEST_CASE("--until tree records the processes that the command leaves behind to their end") {
  Leaver leaver({"--until", "tree"});
  leaver.wait_for_commands_end();
  CHECK_FALSE(leaver.scene().exists("out.json"));
  leaver.end_child();
  CHECK(leaver.recorder().wait().exit_code == 5);
  const Document document = read_document(leaver.scene());
  check_last_row(document, 2);
  CHECK(document.json()["meta"]["ended_by"] == "tree");
  CHECK(document.json()["meta"]["exit_code"] == 5);
  CHECK(document.rows().back()["pid_count"] == 0);
  CHECK(document.sum("exits") == document.sum("forks") + 1);
}

TEST_CASE("SIGINT ends a recording of processes that the command left behind, and they continue", "[host]") {
  Leaver leaver({"--until", "tree"});
  leaver.wait_for_commands_end();
  leaver.recorder().send(SIGINT);
  CHECK(leaver.recorder().wait().exit_code == 5);
  const Document document = read_document(leaver.scene());
  check_last_row(document, 1);
  CHECK(document.json()["meta"]["ended_by"] == "SIGINT");
  CHECK(document.json()["meta"]["exit_code"] == 5);
  CHECK(document.rows().back()["pid_count"] == 1);
  leaver.end_child();
}

TEST_CASE("--duration also ends a recording of processes that the command left behind", "[host]") {
  Leaver leaver({"--until", "tree", "--duration", "1"});
  CHECK(leaver.recorder().wait().exit_code == 5);
  const Document document = read_document(leaver.scene());
  CHECK(document.json()["meta"]["ended_by"] == "duration");
  CHECK(document.json()["meta"]["exit_code"] == 5);
  leaver.end_child();
}

TEST_CASE("a tree has not ended while each of its processes forks another and exits", "[host]") {
  const std::string way = GENERATE("", "--count-at-last-switch");
  const Scene scene;
  Words options{"-q", "-i", ".001", "-o", "out.json", "--until", "tree"};
  if (!way.empty()) options.push_back(way);
  options.insert(options.end(), {"--", std::filesystem::absolute(built("tests/programs/relay")), "2000"});
  const Finished finished = run_to_end(scene.recorder(options));
  CHECK(finished.exit_code == 0);
  const Document document = read_document(scene);
  CHECK(document.json()["meta"]["ended_by"] == "tree");
  CHECK(document.sum("forks") == 2000);
  CHECK(document.sum("exits") == 2001);
}
