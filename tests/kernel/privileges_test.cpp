// The recorder's user and capabilities during a recording, and that they are enough.
#include <fmt/format.h>
#include <linux/securebits.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "support/background.h"
#include "support/cgroup.h"
#include "support/refusal.h"
#include "support/scene.h"
#include "support/users.h"

namespace {

using namespace test;

// The lines of /proc/PID/status, by name.
using Status = std::map<std::string, std::string>;

Status status_of(pid_t pid) {
  Status status;
  std::ifstream file(fmt::format("/proc/{}/status", pid));
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(':');
    const std::size_t begin = line.find_first_not_of(" \t", colon + 1);
    const std::size_t end = line.find_last_not_of(" \t") + 1;
    if (begin != std::string::npos) status[line.substr(0, colon)] = line.substr(begin, end - begin);
  }
  return status;
}

const std::string until_go = ": >running; " + until_exists("go");

// What the recorder is while its command, which is `until_go`, runs. Its recording must be whole.
Status status_while_recording(const Scene &scene, const Start &start) {
  Background recorder(start);
  wait_until("the command", [&] { return scene.exists("running"); });
  Status status = status_of(recorder.pid());
  scene.create("go");
  const Finished finished = recorder.wait();
  CHECK(finished.exit_code == 0);
  CHECK(finished.errors.empty());
  scene.check_recording(0, nullptr);
  return status;
}

std::string set_of(const std::vector<cap_value_t> &capabilities) {
  std::uint64_t bits = 0;
  for (const cap_value_t one : capabilities) bits |= std::uint64_t{1} << one;
  return fmt::format("{:016x}", bits);
}

// Checks that these capabilities are all that is left, and that no exec would give more.
void check_left(const Status &status, const std::vector<cap_value_t> &capabilities) {
  for (const char *set : {"CapPrm", "CapEff"}) CHECK(status.at(set) == set_of(capabilities));
  for (const char *set : {"CapInh", "CapAmb"}) CHECK(status.at(set) == set_of({}));
  CHECK(status.at("NoNewPrivs") == "1");
}

void check_user(const Status &status, unsigned id) {
  for (const char *ids : {"Uid", "Gid"}) CHECK(status.at(ids) == fmt::format("{0}\t{0}\t{0}\t{0}", id));
}

void check_owner(const std::string &path, unsigned id) {
  struct stat is {};
  REQUIRE(stat(path.c_str(), &is) == 0);
  CHECK(is.st_uid == id);
  CHECK(is.st_gid == id);
}

}  // namespace

TEST_CASE("Root's recorder keeps only the capability to pass signals on", "[host]") {
  const Scene scene(until_go);
  const Status status = status_while_recording(scene, scene.recorded_script());
  check_left(status, {CAP_KILL});
  CHECK(status.at("CapBnd") == set_of({}));
  check_user(status, 0);
}

TEST_CASE("Root's recorder can replace a file of one user in a directory of another", "[host]") {
  const Scene scene(until_go);
  scene.create("out.json", "an earlier recording");
  constexpr unsigned third = nobody - 1;
  REQUIRE(chown(scene.path("out.json").c_str(), third, third) == 0);
  give_to_nobody(scene.path());
  REQUIRE(chmod(scene.path().c_str(), S_ISVTX | 0755) == 0);
  const Status status = status_while_recording(scene, scene.recorded_script());
  check_left(status, {CAP_KILL, CAP_DAC_OVERRIDE, CAP_FOWNER});
  check_owner(scene.path("out.json"), 0);
}

TEST_CASE("Under sudo the recorder is the caller, and can signal a command that is root's", "[host]") {
  const Scene scene(until_go);
  give_to_nobody(scene.path());
  const Status status = status_while_recording(scene, with_sudo(scene.recorded_script()));
  check_left(status, {CAP_KILL});
  CHECK(status.at("CapBnd") == set_of({}));
  check_user(status, nobody);
  CHECK(status.at("Groups") == std::to_string(nobody));
  check_owner(scene.path("out.json"), nobody);
}

TEST_CASE("Under sudo the recorder of a command that is the caller's has no capability left", "[host]") {
  const Scene scene(until_go);
  give_to_nobody(scene.path());
  const Status status = status_while_recording(
      scene, with_sudo(scene.recorder({"-q", "-o", "out.json", "--user", "nobody", "--", "sh", "script"})));
  check_left(status, {});
  check_user(status, nobody);
  check_owner(scene.path("out.json"), nobody);
}

TEST_CASE("Under sudo the recorder can still read root's processes if it polls /proc") {
  const Scene scene(until_go);
  give_to_nobody(scene.path());
  const Status status = status_while_recording(
      scene,
      with_sudo(scene.recorder({"-q", "-i", ".01", "-o", "out.json", "--gauges-from-proc", "--", "sh", "script"})));
  check_left(status, {CAP_KILL, CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH});
  // The first sample is before the command runs, the last one after it.
  const auto document = read_json(scene.path("out.json"));
  CHECK(document["totals"]["num_fds"]["peak"] > 0);
  CHECK(document["totals"]["rss"]["peak"] > 0);
}

TEST_CASE("Under sudo an attached recorder has no capability left, and records everything", "[host]") {
  const Scene scene;
  give_to_nobody(scene.path());
  const TemporaryCgroup cgroup;
  const auto check = [&](const std::string &option, const std::string &target, const std::function<void()> &prepare) {
    Background running({.argv = {"sleep", "60"}, .prepare = prepare});
    wait_until("the exec", [&] { return status_of(running.pid())["Name"] == "sleep"; });
    const std::string name = target.empty() ? std::to_string(running.pid()) : target;
    Background recorder(with_sudo(scene.recorder({"-i", ".01", "-o", "out.json", option, name})));
    wait_until("the recording", [&] { return recorder.errors().find("recording ") != std::string::npos; });
    const Status status = status_of(recorder.pid());
    check_left(status, {});
    check_user(status, nobody);
    recorder.send(SIGINT);
    CHECK(recorder.wait().exit_code == 0);
    const auto document = read_json(scene.path("out.json"));
    CHECK(document["totals"]["pid_count"]["peak"] == 1);
    CHECK(document["totals"]["num_fds"]["peak"] > 0);
    check_owner(scene.path("out.json"), nobody);
    running.send(SIGKILL);
    running.wait();
  };
  check("--pid", "", {});
  check("--cgroup", cgroup.path(), [&] {
    if (!move_to_cgroup(cgroup.path())) _exit(98);
  });
}

TEST_CASE("A recorder with only CAP_BPF and CAP_PERFMON gives up both") {
  const Scene scene(until_go);
  Start start = scene.recorded_script(become_capable_nobody);
  std::filesystem::copy_file(start.argv[0], scene.path("rusage-bpf"));
  start.argv[0] = "./rusage-bpf";
  give_to_nobody(scene.path());
  check_left(status_while_recording(scene, start), {});
}

TEST_CASE("A signal sent to the recorder reaches a command of another user", "[host]") {
  const int signal = GENERATE(SIGTERM, SIGHUP);
  const Scene scene(fmt::format("trap ': >caught; exit 9' {}; : >running; ", signal) + watch_until_exists("go"));
  give_to_nobody(scene.path());
  Start start = scene.recorded_script();
  SECTION("root's, under sudo") {
    start = with_sudo(start);
  }
  SECTION("one that was root's at first") {
    start = scene.recorder({"-q", "-o", "out.json", "--", std::filesystem::absolute(built("tests/programs/as_user")),
                            std::to_string(nobody), "/bin/sh", "script"});
  }
  SECTION("a given user's") {
    start = scene.recorder({"-q", "-o", "out.json", "--user", "nobody", "--", "sh", "script"});
  }
  SECTION("a given user's, who called sudo") {
    start = with_sudo(scene.recorder({"-q", "-o", "out.json", "--user", "nobody", "--", "sh", "script"}));
  }
  Background recorder(start);
  wait_until("the command", [&] { return scene.exists("running"); });
  recorder.send(signal);
  wait_until("the signal", [&] { return scene.exists("caught"); });
  CHECK(recorder.wait().exit_code == 9);
  scene.check_recording(9, nullptr);
}

TEST_CASE("A recorder that cannot give up its privileges reports it and does not start the command", "[host]") {
  const Refusal refusal;
  const Scene &scene = refusal.scene();
  give_to_nobody(scene.path());
  give_to_nobody(scene.path("rusage.json"));
  Start start = with_sudo(scene.recorder({"--", "sh", "script"}));
  // Then the capability to signal would not outlive the change of user.
  start.prepare = [] {
    if (prctl(PR_SET_SECUREBITS, SECBIT_KEEP_CAPS_LOCKED) != 0) _exit(98);
  };
  refusal.check(start, 125, {"becoming the user who called sudo", "Operation not permitted"});
}
