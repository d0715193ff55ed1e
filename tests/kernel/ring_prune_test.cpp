// rusage-bpf recover --prune: what it removes and what it keeps.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "support/background.h"
#include "support/ndjson.h"
#include "support/ring_scene.h"
#include "support/scene.h"
#include "support/users.h"

namespace ring_prune_test {
namespace {

using namespace test;
using Catch::Matchers::Contains;
using Words = std::vector<std::string>;
namespace fs = std::filesystem;

TEST_CASE("recover --prune removes a ring whose rows are in a document, and reports its size", "[host]") {
  const StateDirectory home;
  const std::string output = GENERATE("out.json", "out.ndjson");
  home.record("a.ring", output);
  home.record("b.ring", "other.json");
  fs::remove(home.scene().path("other.json"));
  const std::string said = home.prune();
  CHECK_THAT(said, Contains("removed " + home.scene().path(StateDirectory::in_state("a.ring"))) &&
                       Contains("its rows are in " + home.scene().path(output)) && Contains("removed 1 ring, ") &&
                       Contains(" MiB") && Contains("kept 1 ring, "));
  CHECK(home.files() == std::set<std::string>{"b.ring"});
}

TEST_CASE("recover --prune finds the document of a recording without -o under the name that it got", "[host]") {
  const StateDirectory home;
  home.scene().create("rusage.json", "a letter");
  home.scene().create("rusage-2.json", "another");
  REQUIRE(
      run_to_end(home.recorder({"-q", "-i", ".01", "--ring", StateDirectory::in_state("a.ring"), "--", "sleep", ".05"}))
          .exit_code == 0);
  CHECK_THAT(home.prune(), Contains("its rows are in " + home.scene().path("rusage-3.json")));
  CHECK(home.files().empty());
}

TEST_CASE("The Python package's files beside a ring are no documents, and are removed with the ring", "[host]") {
  const StateDirectory home;
  home.record("a.ring", StateDirectory::in_state("a.ndjson"));
  for (const char *name : {"a.log", "a.json", "a.control", "a.txt", "b.log"}) home.create(name);
  CHECK_THAT(home.prune(), Contains("kept 1 ring"));
  CHECK_THAT(home.prune({"--older-than", "0s"}), Contains("removed 1 ring"));
  CHECK(home.files() == std::set<std::string>{"a.txt", "b.log"});
}

TEST_CASE("recover --prune keeps a ring whose document is another recording's, or lacks rows", "[host]") {
  const StateDirectory home;
  home.record("a.ring", "out.ndjson");
  SECTION("of another recording") {
    home.record("b.ring", "b.ndjson");
    fs::remove(home.scene().path(StateDirectory::in_state("b.ring")));
    fs::copy_file(home.scene().path("b.ndjson"), home.scene().path("out.ndjson"), fs::copy_options::overwrite_existing);
  }
  SECTION("without its last row") {
    const std::string text = home.scene().text("out.ndjson");
    const std::size_t last = text.rfind("{\"kind\":\"sample\"");
    fs::resize_file(home.scene().path("out.ndjson"), last);
  }
  SECTION("no document at all") {
    home.scene().create("out.ndjson", "a letter");
  }
  SECTION("a FIFO") {
    fs::remove(home.scene().path("out.ndjson"));
    REQUIRE(mkfifo(home.scene().path("out.ndjson").c_str(), 0600) == 0);
  }
  CHECK_THAT(home.prune(), Contains("removed 0 rings") && Contains("--older-than 7d"));
  CHECK(home.files() == std::set<std::string>{"a.ring"});
}

TEST_CASE("recover --prune removes a ring that was cut short only by its age", "[host]") {
  const StateDirectory home;
  home.record_and_kill("a.ring");
  CHECK_THAT(home.prune(), Contains("kept 1 ring"));
  CHECK_THAT(home.prune({"--older-than", "1h"}), Contains("kept 1 ring"));
  CHECK(home.files() == std::set<std::string>{"a.ring"});
  CHECK_THAT(home.prune({"--older-than", "0s"}), Contains("removed 1 ring"));
  CHECK(home.files().empty());
}

TEST_CASE("recover --prune never removes a ring with a running recorder", "[host]") {
  const StateDirectory home;
  Background recording(home.recorder({"-i", ".01", "-o", "out.ndjson", "--", "sh", "script"}));
  test::wait_for_rows(home.scene().path("out.ndjson"), 1);
  CHECK_THAT(home.prune({"--older-than", "0s"}), Contains("is being recorded to"));
  CHECK(home.files().size() == 1);
  // It is stopped, too.
  recording.send(SIGSTOP);
  CHECK_THAT(home.prune({"--older-than", "0s"}), Contains("is being recorded to"));
  recording.send(SIGCONT);
  CHECK(home.files().size() == 1);
  home.scene().create("stop");
  CHECK(recording.wait().exit_code == 0);
  CHECK(home.files().empty());
}

TEST_CASE("recover --prune keeps files that are no rings of the user, and follows no link", "[host]") {
  const StateDirectory home;
  const Scene &scene = home.scene();
  home.record("kept.ring", "out.json");
  fs::rename(scene.path(StateDirectory::in_state("kept.ring")), scene.path("elsewhere.ring"));
  fs::create_symlink(scene.path("elsewhere.ring"), scene.path(StateDirectory::in_state("link.ring")));
  home.create("letter.ring", "a letter");
  home.create("empty.ring");
  home.create(".letter.ring.1-0.partial", "a letter");
  home.record("of_another.ring", "of_another.json");
  REQUIRE(chown(scene.path(StateDirectory::in_state("of_another.ring")).c_str(), 0, 0) == 0);
  fs::create_directory(scene.path(StateDirectory::in_state("directory.ring")));
  const auto before = home.files();
  CHECK_THAT(home.prune({"--older-than", "0s"}), Contains("removed 0 rings"));
  CHECK(home.files() == before);
  CHECK(scene.exists("elsewhere.ring"));
}

TEST_CASE("recover --prune removes files of a recorder that was killed during its start", "[host]") {
  const StateDirectory home;
  home.create(".20261122T182957Z-28798.ring.28798-0.partial", std::string(100'000, '\0'));
  home.create(".empty.ring.1.partial");
  home.create(".begun.ring.2.partial", "rusgring" + std::string(100, '\0'));
  const Finished list = run_to_end(home.recorder({"recover"}));
  CHECK_THAT(list.output, Contains("unfinished") && Contains(".begun.ring.2.partial"));
  CHECK_THAT(home.prune(), Contains("removed 3 rings") && Contains("it was never complete"));
  CHECK(home.files().empty());
}

TEST_CASE("recover --prune removes a ring that it cannot read only by its age", "[host]") {
  const StateDirectory home;
  home.record("a.ring", "out.json");
  const std::string path = home.scene().path(StateDirectory::in_state("a.ring"));
  std::fstream(path, std::ios::in | std::ios::out | std::ios::binary).seekp(8) << '\x09';
  fs::resize_file(path, 100'000);
  CHECK_THAT(run_to_end(home.recorder({"recover"})).output, Contains("unreadable"));
  CHECK_THAT(home.prune({"--older-than", "1h"}), Contains("kept 1 ring"));
  fs::last_write_time(path, fs::file_time_type::clock::now() - std::chrono::hours(2));
  CHECK_THAT(home.prune({"--older-than", "1h"}), Contains("removed 1 ring"));
  CHECK(home.files().empty());
}

TEST_CASE("Rings are listed with their age and size", "[host]") {
  const StateDirectory home;
  home.record_and_kill("a.ring");
  const Finished list = run_to_end(home.recorder({"recover"}));
  CHECK_THAT(list.output, Contains("AGE") && Contains("SIZE") && Contains(" MiB  cut short   sh script"));
}

TEST_CASE("recover says that a recording is still running, and does not guess unknown values", "[host]") {
  const StateDirectory home;
  Background sleeper({.argv = {"sleep", "60"}});
  Background recording(
      home.recorder({"-i", ".01", "--ring", "ring", "-o", "out.ndjson", "--pid", std::to_string(sleeper.pid())}));
  test::wait_for_rows(home.scene().path("out.ndjson"), 2);
  const auto recovered = [&] { return run_to_end(home.recorder({"recover", "ring", "-o", "a.json"})); };
  const std::string live = recovered().errors;
  CHECK_THAT(live, Contains("so far") && !Contains("Ctrl-C") && !Contains("after a crash") &&
                       !Contains("the recorder was gone"));
  recording.send(SIGKILL);
  recording.wait();
  const std::string dead = recovered().errors;
  CHECK_THAT(dead, Contains("until the recorder was gone") && !Contains("Ctrl-C"));
}

TEST_CASE("recover of a recording by /proc has no number of processes", "[host]") {
  const StateDirectory home;
  home.record("x.ring", "out.json");
  REQUIRE(
      run_to_end(home.recorder({"-q", "--backend", "proc", "--ring", "ring", "-o", "out.json", "--", "sleep", ".05"}))
          .exit_code == 0);
  const Finished recovered = run_to_end(home.recorder({"recover", "ring", "-o", "a.json"}));
  CHECK_THAT(recovered.errors,
             Contains("unknown how many ran") && !Contains("0 observed") && !Contains("polling /proc"));
}

TEST_CASE("Wrong usage of recover --prune is one line", "[host]") {
  const Scene scene;
  const auto check = [&](Words arguments, const Words &words) {
    arguments.insert(arguments.begin(), "recover");
    const Finished finished = run_to_end(scene.recorder(arguments));
    CHECK(finished.exit_code == 2);
    check_line(finished.errors, words);
  };
  check({"--prune", "--older-than", "soon"}, {"--older-than soon", "7d"});
  check({"--prune", "--older-than", "7"}, {"--older-than 7", "7d"});
  check({"--prune", "--older-than", "-1d"}, {"--older-than -1d"});
  check({"--prune", "--older-than", "99999999999999999999d"}, {"--older-than"});
  check({"--older-than", "7d"}, {"--prune"});
  check({"--prune", "ring"}, {"--prune"});
  check({"--prune", "--last"}, {"--prune"});
}

}  // namespace
}  // namespace ring_prune_test
