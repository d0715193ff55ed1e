// A command that runs as another user than the recorder.
#include <fmt/format.h>
#include <grp.h>
#include <sys/capability.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "support/background.h"
#include "support/refusal.h"
#include "support/scene.h"
#include "support/users.h"

using namespace test;

namespace {

// The command's ids, groups, environment and capabilities, one per line.
constexpr const char *who =
    "id -u; id -g; id -G; echo $HOME $USER $LOGNAME $SHELL; env | grep -c ^SUDO_; "
    "grep -E 'Cap(Prm|Eff|Amb)' /proc/self/status | sort -u -k 2 | cut -f 2";

struct Home {
  std::string directory;
  std::string shell;
};

// getpwnam would not do: a static program has no name service.
Home home_of(std::string_view user) {
  std::ifstream file("/etc/passwd");
  for (std::string line; std::getline(file, line);) {
    std::vector<std::string> fields;
    std::istringstream parts(line);
    for (std::string field; std::getline(parts, field, ':');) fields.push_back(field);
    if (fields.size() >= 7 && fields[0] == user) return {fields[5], fields[6]};
  }
  throw std::runtime_error("no such user");
}

// With groups that the command must not keep.
Start under_sudo(Start start) {
  start = with_sudo(start);
  start.environment["SUDO_USER"] = "nobody";
  start.environment["SUDO_COMMAND"] = "/usr/bin/rusage-bpf --";
  start.prepare = [] {
    constexpr std::array<gid_t, 2> groups{0, 7};
    if (setgroups(groups.size(), groups.data()) != 0) _exit(98);
  };
  return start;
}

}  // namespace

TEST_CASE("A command with --user has all ids of that user", "[host]") {
  const Scene scene(who);
  give_to_nobody(scene.path());
  const auto arguments = std::vector<std::string>{"-q", "-o", "out.json", "--user", "nobody", "--", "sh", "script"};
  Start start = scene.recorder(arguments);
  SECTION("under sudo") {
    start = under_sudo(start);
  }
  SECTION("as root") {}
  const Finished finished = run_to_end(start);
  const Home home = home_of("nobody");
  CHECK(finished.output ==
        fmt::format("{0}\n{0}\n{0}\n{1} nobody nobody {2}\n0\n{3:016}\n", nobody, home.directory, home.shell, 0));
  CHECK(finished.errors.empty());
  scene.check_recording(0, nullptr);
}

TEST_CASE("Without --user the command is root's under sudo, as without the recorder", "[host]") {
  const Scene scene(who);
  give_to_nobody(scene.path());
  Start direct = under_sudo({.argv = {"sh", "script"}, .directory = scene.path()});
  CHECK(run_to_end(under_sudo(scene.recorded_script())).output == run_to_end(direct).output);
}

TEST_CASE("The program of a user's command is found as without --user", "[host]") {
  const Refusal refusal;
  Start start = refusal.scene().recorder({"--user", "nobody", "--", "no-such-command"});
  start.environment["PATH"] = "/usr/sbin:/usr/bin";  // directories that the user nobody may read
  refusal.check(start, 127, {"no-such-command: command not found"});
}

TEST_CASE("A missing user, or one that the recorder cannot become, is an error with advice", "[host]") {
  const Refusal refusal;
  for (const std::string name : {"no-such-user", "", "no:body"})
    refusal.check({"--user", name}, 125, {"--user " + name + ":", "getent passwd"});

  const Scene &scene = refusal.scene();
  Start start = scene.recorder({"--user", "nobody", "--", "sh", "script"});
  SECTION("without the capability") {
    start.prepare = [] {
      if (cap_drop_bound(CAP_SETUID) != 0) _exit(98);
    };
    refusal.check(start, 125, {"running the command as nobody: Operation not permitted"});
  }
  SECTION("without being root") {
    std::filesystem::copy_file(start.argv[0], scene.path("rusage-bpf"));
    start.argv[0] = "./rusage-bpf";
    start.prepare = become_nobody;
    give_to_nobody(scene.path());
    give_to_nobody(scene.path("rusage.json"));
    refusal.check(start, 125, {"--user nobody:", "only root", "sudo rusage-bpf --user nobody"});
  }
}
