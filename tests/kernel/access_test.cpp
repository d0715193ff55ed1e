// A user who is not root gets only processes that the user may trace. The recorder has file capabilities here, and its
// user is nobody.
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>

#include "support/attached.h"
#include "support/cgroup.h"
#include "support/ndjson.h"
#include "support/users.h"

using namespace test;
using Words = std::vector<std::string>;

namespace {

// A directory of the user nobody with two programs: ./actor, and ./as-root, which is the same as a setuid program of
// root.
class Stage {
 public:
  Stage() {
    for (const auto &[name, mode] : {std::pair{"actor", 0755}, {"as-root", 04755}}) {
      std::filesystem::copy_file(built("tests/programs/actor"), scene.path(name));
      REQUIRE(chmod(scene.path(name).c_str(), mode) == 0);
    }
  }

  // The recorder of the user nobody, to be started there.
  [[nodiscard]] Start recorder(Words options) const {
    options.insert(options.begin(), {"-q", "-i", ".01", "--backend", "bpf", "-o", "out.json"});
    return with_file_capabilities(scene, scene.recorder(std::move(options)));
  }
  // Records a command.
  [[nodiscard]] Document record(Words command, int exit_code = 0) const {
    command.insert(command.begin(), "--");
    const Finished finished = run_to_end(recorder(std::move(command)));
    INFO(finished.errors);
    CHECK(finished.exit_code == exit_code);
    return document();
  }
  [[nodiscard]] Document document() const {
    Document document(read_json(scene.path("out.json")));
    CHECK(document.json()["meta"]["backend"] == "bpf");
    CHECK(document.json()["audit"]["untracked_tasks"] == 0);
    CHECK(document.json()["audit"]["events_lost"] == 0);
    return document;
  }

  const Scene scene;
};

std::int64_t untraceable(const Document &document) {
  return document.json()["audit"]["untraceable_tasks"];
}

// The read calls of processes whose command line starts with these words; -1 if there are none. A process that the
// recorder finds during its exec also has a record before that.
std::int64_t read_by(const Document &document, const std::string &words) {
  std::int64_t calls = -1;
  for (const auto &process : document.json()["processes"]) {
    std::string line;
    for (const std::string word : process["argv"]) line += word + " ";
    if (line.starts_with(words + " "))
      calls = std::max<std::int64_t>(calls, 0) + process["read_count"].get<std::int64_t>();
  }
  return calls;
}

bool is_recorded(const Document &document, const std::string &words) {
  return read_by(document, words) >= 0;
}

// The bytes that the dynamic loader reads are the same each time.
std::int64_t read_count_of(const Stage &stage, const Words &command) {
  return stage.record(command).sum("read_count");
}

}  // namespace

TEST_CASE("Processes that a user may trace are recorded in full, with file capabilities as by root") {
  const Stage stage;
  const Document document = stage.record({"./actor", "read:300", "fork", "exec", "./actor", "read:500", "spin:20"});
  CHECK(untraceable(document) == 0);
  CHECK(document.sum("read_count") > 800);
  CHECK(document.sum("forks") == 1);
  CHECK(document.sum("execs") == 2);
  CHECK(document.sum("exits") == 2);
  CHECK(document.json()["audit"]["cpu_accounted"] > .99);
}

TEST_CASE("A setuid program that a command runs is recorded without counters and arguments") {
  const Stage stage;
  // The record has what was done before the exec.
  const Document plain = stage.record({"./actor", "read:300", "fork"});
  const Words as_root{"read:40000", "spin:50", "fork", "read:40000", "spin:50"};
  Words command{"./actor", "read:300", "fork", "exec", "./as-root"};
  command.insert(command.end(), as_root.begin(), as_root.end());
  const Document document = stage.record(command);
  CHECK(untraceable(document) == 2);  // and the child of the setuid program
  // The kernel's own reads in the exec come before the credentials change.
  CHECK(document.sum("read_count") >= plain.sum("read_count"));
  CHECK(document.sum("read_count") <= plain.sum("read_count") + 10);
  CHECK(document.sum("forks") == 1);
  CHECK(document.sum("execs") == 1);
  for (const auto &process : document.json()["processes"]) CHECK(process["argv"] == command);
}

TEST_CASE("A command that is a setuid program itself is run and not recorded") {
  const Stage stage;
  const Document document = stage.record({"./as-root", "read:40000", "spin:30"});
  CHECK(untraceable(document) == 1);
  CHECK(document.sum("read_count") < 100);
  CHECK(document.json()["meta"]["exit_code"] == 0);
}

TEST_CASE("A program that a setuid program starts as the user is recorded from its exec") {
  const Stage stage;
  const std::int64_t loading = read_count_of(stage, {"/bin/true"});
  const std::string back = fmt::format("user:{}", nobody);
  const Document document = stage.record({"./actor", "fork", "exec", "./as-root", "read:40000", "fork", "read:40000",
                                          back, "exec", "./actor", "read:700", "spin:30"});
  CHECK(untraceable(document) == 2);
  const Document only_that = stage.record({"./actor", "read:700", "spin:30"});
  CHECK(is_recorded(document, "./actor read:700"));
  CHECK(read_by(document, "./actor read:700") <= 700 + 2 * loading + 20);
  CHECK(document.sum("read_count") < 1000);
}

TEST_CASE("A process that becomes non-dumpable keeps its last values, and continues when it is dumpable again") {
  const Stage stage;
  Background recorder(
      stage.recorder({"-o", "rows.ndjson", "--", "./actor", "read:300", "write:before", "wait:go1", "private:1",
                      "read:40000", "write:private", "wait:go2", "private:0", "write:after", "wait:go3", "read:500"}));
  // A row is to see it before and after each change.
  for (const auto &[reached, go] : {std::pair{"before", "go1"}, {"private", "go2"}, {"after", "go3"}}) {
    wait_until(reached, [&] { return stage.scene.exists(reached); });
    pass_row(stage.scene.path("rows.ndjson"));
    stage.scene.create(go);
  }
  CHECK(recorder.wait().exit_code == 0);
  const Document document = stage.document();
  CHECK(untraceable(document) == 1);
  CHECK(document.sum("read_count") >= 800);
  CHECK(document.sum("read_count") < 900);
  CHECK(document.sum("forks") == 0);
}

TEST_CASE("Processes of an attached tree that the user may not trace are left out, then and later") {
  const Stage stage;
  give_to_nobody(stage.scene.path());
  Start start{.argv = {"sh", "-c",
                       "./as-root write:ready wait:go read:40000 & ./actor write:ready2 wait:go read:600 & "
                       "wait; ./as-root read:40000; exec ./actor read:500"},
              .directory = stage.scene.path(),
              .prepare = become_nobody};
  Background tree(start);
  wait_until("the tree", [&] { return stage.scene.exists("ready") && stage.scene.exists("ready2"); });
  Background recorder(stage.recorder({"--pid", std::to_string(tree.pid())}));
  wait_until("the recording", [&] { return is_recording(recorder.pid()); });
  stage.scene.create("go");
  CHECK(tree.wait().exit_code == 0);
  CHECK(recorder.wait().exit_code == 0);
  const Document document = stage.document();
  CHECK(document.json()["meta"]["ended_by"] == "tree");
  CHECK(untraceable(document) == 2);
  CHECK(document.rows().front()["pid_count"] == 2);
  CHECK(read_by(document, "./actor write:ready2") >= 600);
  CHECK(read_by(document, "./actor read:500") >= 500);
  CHECK(document.sum("read_count") < 1300);
  CHECK_FALSE(is_recorded(document, "./as-root"));
}

TEST_CASE("A process of root that joins a user's cgroup is not recorded, nor its children") {
  const Stage stage;
  const TemporaryCgroup cgroup;
  Background recorder(stage.recorder({"-o", "rows.ndjson", "--cgroup", cgroup.path()}));
  wait_until("the recording", [&] { return is_recording(recorder.pid()); });
  const auto in_cgroup = [&](const Words &steps, void (*become)()) {
    Start start{.argv = {"./actor"}, .directory = stage.scene.path()};
    start.argv.insert(start.argv.end(), steps.begin(), steps.end());
    start.prepare = [&cgroup, become] {
      if (!move_to_cgroup(cgroup.path())) _exit(98);
      if (become) become();
    };
    return start;
  };
  const Words reads{"read:40000", "spin:30", "fork", "read:40000", "spin:30"};
  CHECK(run_to_end(in_cgroup(reads, nullptr)).exit_code == 0);
  // It comes as root, and is the user's from its exec on.
  Background users(in_cgroup({"write:there", "wait:go", "read:600"}, become_nobody));
  wait_until("the user's process", [&] { return stage.scene.exists("there"); });
  pass_row(stage.scene.path("rows.ndjson"));
  stage.scene.create("go");
  CHECK(users.wait().exit_code == 0);
  const Words becomes{"read:40001", "spin:30", "exec", "/bin/true", "password"};
  CHECK(run_to_end(in_cgroup(becomes, nullptr)).exit_code == 0);
  recorder.send(SIGINT);
  CHECK(recorder.wait().exit_code == 0);
  const Document document = stage.document();
  CHECK(untraceable(document) == 4);
  CHECK(read_by(document, "./actor write:there") >= 600);
  CHECK(document.sum("read_count") < 700);
  for (const char *line : {"./actor read:40000", "./actor read:40001", "/bin/true password"})
    CHECK_FALSE(is_recorded(document, line));
  CHECK(document.json()["totals"]["pid_count"]["peak"] == 1);
}
