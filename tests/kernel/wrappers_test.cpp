// Wrappers above the recorder are not recorded, and files belong to the caller, however it became root.
#include <fmt/format.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "support/attached.h"
#include "support/users.h"

using namespace test;

namespace {

// Starts `above` with the recorder, attached to the shell that does so, and gives how many processes it records.
std::int64_t recorded_with(const std::string &above, const std::string &backend) {
  const Scene scene(above + " & read line <gate; wait");
  const Gate gate(scene.path("gate"));
  for (const char *name : {"sudo", "script-of-users"}) {
    scene.create(name, "#!/bin/sh\n\"$@\"\nexit $?\n");
    REQUIRE(chmod(scene.path(name).c_str(), 0755) == 0);
  }
  scene.create("recorder", "");
  Start start = scene.recorder({"--backend", backend, "-q", "-d", ".3", "-i", ".05", "-o", "out.json"});
  start.argv.insert(start.argv.begin(), {"sh", "script"});
  start.environment["RECORDER"] = start.argv[2];
  start.environment["BACKEND"] = backend;
  Background shell(start);
  wait_until("the document", [&] { return scene.exists("out.json"); });
  gate.open();
  CHECK(shell.wait().exit_code == 0);
  const auto document = read_json(scene.path("out.json"));
  return document["totals"]["pid_count"]["peak"];
}

}  // namespace

TEST_CASE("Wrappers of the recorder are not part of what it attaches to, other shells above it are", "[host]") {
  const std::string self = "\"$@\" --pid $$";
  const std::string text = "\"$RECORDER --backend $BACKEND -q -d .3 -i .05 -o out.json --pid $$\"";
  const auto [above, others] = GENERATE_COPY(table<std::string, int>({
      {"timeout 60 " + self, 0},
      {"nice timeout 60 env A=b " + self, 0},
      {"timeout 60 ./sudo nice " + self, 0},
      {"setsid -w timeout 60 " + self, 0},
      {"su -s /bin/sh -c " + text, 0},
      {"su - -s /bin/sh -c \"cd $PWD; \"" + text, 0},
      {"nice sh -c \"trap : USR1; \"" + text, 0},
      {"./script-of-users timeout 60 " + self, 1},
      {"sh -c '\"$@\"; exit' sh timeout 60 " + self, 1},
      {"sh -c \"sleep 60 & sleep=\\$!; \"" + text + "\"; kill \\$sleep; exit 0\"", 2},
  }));
  const std::string backend = GENERATE("bpf", "proc");
  INFO(above << " by " << backend);
  CHECK(recorded_with(above, backend) == 1 + others);
}

TEST_CASE("A recording belongs to the user that became root for it", "[host]") {
  const Scene scene;
  give_to_nobody(scene.path());
  Start start = scene.recorder({"-q", "-o", "out.json", "--", "true"});
  SECTION("by doas") {
    start.environment["DOAS_USER"] = "nobody";
  }
  SECTION("by pkexec") {
    start.environment["PKEXEC_UID"] = std::to_string(nobody);
  }
  SECTION("by su, which waits above with its caller's real user") {
    const std::string su = scene.path("su");
    std::filesystem::copy_file(built("tests/programs/actor"), su);
    REQUIRE(chmod(su.c_str(), 04755) == 0);
    std::vector<std::string> above{su, "fork", "root", "exec"};
    SECTION("directly") {}
    SECTION("with a shell between") {
      above.insert(above.end(), {"/bin/sh", "-c", "\"$@\"; exit $?", "sh"});
    }
    start.argv.insert(start.argv.begin(), above.begin(), above.end());
    start.prepare = become_nobody;
  }
  CHECK(run_to_end(start).exit_code == 0);
  struct stat is {};
  REQUIRE(stat(scene.path("out.json").c_str(), &is) == 0);
  CHECK(is.st_uid == nobody);
}
