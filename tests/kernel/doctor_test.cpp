// The doctor on this machine. A recorder that is refused prints the same as the doctor.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/capability.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <set>

#include "probe/program.h"
#include "support/mounts.h"
#include "support/refusal.h"
#include "support/scene.h"
#include "support/users.h"

namespace {

using namespace test;
using Catch::Matchers::Contains;
using nlohmann::json;

// Checks that a check is as docs/doctor.md has it.
void check_fields(const json &check) {
  CAPTURE(check);
  CHECK(check.size() == 4);
  CHECK_FALSE(check.at("name").get<std::string>().empty());
  CHECK_FALSE(check.at("found").get<std::string>().empty());
  const std::set<std::string> states{"works", "limits", "stops", "unknown"};
  CHECK(states.count(check.at("state")) == 1);
  for (const json &remedy : check.at("remedies")) {
    CHECK(remedy.size() == 2);
    CHECK((remedy.at("command").is_string() || remedy.at("note").is_string()));
  }
}

// A scene with a copy of the recorder, because other users may not enter the directory of the build.
class Surroundings {
 public:
  Surroundings() {
    const Scene &scene = refusal_.scene();
    std::filesystem::copy_file(scene.recorder({}).argv[0], scene.path("rusage-bpf"));
    give_to_nobody(scene.path());
    give_to_nobody(scene.path("rusage.json"));
  }

  [[nodiscard]] std::string recorder() const { return refusal_.scene().path("rusage-bpf"); }

  // The doctor's JSON. Its exit status must agree.
  [[nodiscard]] json diagnosis(const std::function<void()> &prepare) const {
    const Finished finished = run_to_end(start({"doctor", "--json"}, prepare));
    INFO(finished.errors);
    CHECK(finished.errors.empty());
    json report = json::parse(finished.output);
    CHECK(report["schema"] == "rusage-bpf-doctor/1");
    CHECK(finished.exit_code == (report["bpf"]["works"] == true ? 0 : 1));
    for (const char *side : {"bpf", "proc"}) {
      CHECK_FALSE(report[side]["verdict"].get<std::string>().empty());
      for (const json &check : report[side]["checks"]) check_fields(check);
    }
    return report;
  }

  // Checks that a recorder is refused with the texts of the doctor.
  void check_refused(const std::function<void()> &prepare) const {
    const json report = diagnosis(prepare);
    CHECK(report["bpf"]["works"] == false);
    // The one thing that the test has taken away, and nothing that could not be tried without.
    const json &checks = report["bpf"]["checks"];
    CHECK(std::count_if(checks.begin(), checks.end(), [](const json &check) { return check["state"] == "stops"; }) ==
          1);
    const std::string verdict = report["bpf"]["verdict"];
    const std::string cause = verdict.substr(verdict.find(": ") + 2);
    refusal_.check(start({"--backend", "bpf", "--", "sh", "script"}, prepare), 125,
                   {"cannot record with BPF: " + cause});
    const Finished people = run_to_end(start({"doctor"}, prepare));
    CHECK(people.exit_code == 1);
    CHECK_THAT(people.output, Contains(cause));
  }

 private:
  [[nodiscard]] Start start(std::vector<std::string> arguments, const std::function<void()> &prepare) const {
    Start start = refusal_.scene().recorder(std::move(arguments));
    start.argv[0] = "./rusage-bpf";
    start.prepare = prepare;
    return start;
  }

  Refusal refusal_;
};

const json &check_of(const json &report, const char *side, const std::string &name) {
  for (const json &check : report.at(side).at("checks"))
    if (check.at("name") == name) return check;
  throw std::runtime_error("no check of " + name);
}

// Of the recorder's system calls, bpf has this answer from now on. Its capabilities stay.
void answer_bpf(std::uint32_t action) {
  std::array code{
      sock_filter(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))),
      sock_filter(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_bpf, 0, 1)),
      sock_filter(BPF_STMT(BPF_RET | BPF_K, action)),
      sock_filter(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)),
  };
  const sock_fprog program{code.size(), code.data()};
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0) _exit(98);
}

// From now on /proc is another one, with this option.
void remount_proc(const char *option) {
  if (!unshare_mounts() || mount("proc", "/proc", "proc", 0, option) != 0) _exit(98);
}

}  // namespace

TEST_CASE("For root, the doctor says that recording works") {
  const Surroundings surroundings;
  const json report = surroundings.diagnosis({});
  INFO(report.dump(2));
  CHECK(report["bpf"]["works"] == true);
  CHECK(report["proc"]["works"] == true);
  for (const json &check : report["bpf"]["checks"]) {
    CAPTURE(check);
    // A file system that nobody has mounted hides which modules there are, and no more.
    CHECK((check["state"] == "works" || check["state"] == "limits"));
    CHECK((check["state"] != "limits" || check["name"] == "counting exited tasks" || check["name"] == "cgroup v2"));
    CHECK((check["state"] == "works") == check["remedies"].empty());
  }
  CHECK((check_of(report, "bpf", "counting exited tasks")["state"] == "works") == tasks_can_be_held());
}

TEST_CASE("An unknown helper is distinguished from a known one") {
  using rusage_bpf::Answer;
  CHECK(rusage_bpf::knows_helper(BPF_FUNC_loop) == Answer::yes);
  CHECK(rusage_bpf::knows_helper(BPF_FUNC_skb_load_bytes) == Answer::no);
  CHECK(rusage_bpf::knows_helper(static_cast<bpf_func_id>(9999)) == Answer::no);
}

TEST_CASE("A user is refused with the commands that the doctor advises", "[host]") {
  const Surroundings surroundings;
  surroundings.check_refused(become_nobody);
  const json report = surroundings.diagnosis(become_nobody);
  const json capabilities = check_of(report, "bpf", "capabilities");
  CHECK(capabilities["state"] == "stops");
  const std::string program = surroundings.recorder();
  CHECK_THAT(capabilities["remedies"][0]["command"], Contains(program + " ..."));
  CHECK_THAT(capabilities["remedies"][1]["command"], Contains("setcap cap_bpf,cap_perfmon=ep " + program));
  CHECK(check_of(report, "bpf", "BPF features")["state"] == "unknown");
  // The tests run as root, whose I/O a user does not see.
  CHECK(report["proc"]["works"] == true);
  CHECK(check_of(report, "proc", "others' processes")["state"] == "limits");
}

TEST_CASE("The commands that the doctor advises to a user make recording work", "[host]") {
  const Surroundings surroundings;
  const std::unique_ptr<std::remove_pointer_t<cap_t>, int (*)(void *)> advised(cap_from_text("cap_bpf,cap_perfmon=ep"),
                                                                               cap_free);
  REQUIRE(cap_set_file(surroundings.recorder().c_str(), advised.get()) == 0);
  CHECK(surroundings.diagnosis(become_nobody)["bpf"]["works"] == true);

  const auto without_new_privileges = [] {
    become_nobody();
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  };
  surroundings.check_refused(without_new_privileges);
  const json report = surroundings.diagnosis(without_new_privileges);
  CHECK_THAT(check_of(report, "bpf", "capabilities")["found"], Contains("no_new_privs"));
}

TEST_CASE("A seccomp filter that stops bpf is named, even one that kills", "[host]") {
  const std::uint32_t action =
      GENERATE(SECCOMP_RET_ERRNO | EPERM, SECCOMP_RET_ERRNO | ENOSYS, SECCOMP_RET_KILL_PROCESS);
  const Surroundings surroundings;
  const auto prepare = [action] { answer_bpf(action); };
  surroundings.check_refused(prepare);
  const json report = surroundings.diagnosis(prepare);
  CHECK(check_of(report, "bpf", "seccomp")["state"] == "stops");
  CHECK(check_of(report, "bpf", "capabilities")["state"] == "works");
  CHECK_THAT(report["bpf"]["verdict"], Contains("a seccomp filter"));
}

TEST_CASE("Under a seccomp filter that allows bpf, recording works", "[host]") {
  const Surroundings surroundings;
  const json report = surroundings.diagnosis([] { answer_bpf(SECCOMP_RET_ALLOW); });
  CHECK(report["bpf"]["works"] == true);
  CHECK_THAT(check_of(report, "bpf", "seccomp")["found"], Contains("a filter"));
}

TEST_CASE("For root of a user namespace, the doctor says that the capabilities have no effect", "[host]") {
  const Surroundings surroundings;
  const auto prepare = [] {
    become_nobody();
    if (unshare(CLONE_NEWUSER) != 0) _exit(98);
  };
  surroundings.check_refused(prepare);
  CHECK_THAT(surroundings.diagnosis(prepare)["bpf"]["verdict"], Contains("user namespace"));
}

TEST_CASE("A /proc that hides others' processes limits a user and not root", "[host]") {
  const Surroundings surroundings;
  const json to_root = surroundings.diagnosis([] { remount_proc("hidepid=2"); });
  CHECK(check_of(to_root, "proc", "/proc")["state"] == "works");
  const json to_user = surroundings.diagnosis([] {
    remount_proc("hidepid=2");
    become_nobody();
  });
  const json check = check_of(to_user, "proc", "/proc");
  CHECK(check["state"] == "limits");
  CHECK(check["remedies"][0]["command"] == "sudo mount -o remount,hidepid=0 /proc");
}

TEST_CASE("A /proc of another pid namespace is recognized", "[host]") {
  const Surroundings surroundings;
  // Its child is the first process of the new namespace.
  const Finished finished =
      run_to_end({.argv = {"unshare", "--pid", "--fork", surroundings.recorder(), "doctor", "--json"}});
  const json report = json::parse(finished.output);
  CHECK(finished.exit_code == 0);
  CHECK(check_of(report, "proc", "/proc")["state"] == "stops");
  CHECK_THAT(check_of(report, "proc", "pid namespace")["found"], Contains("one of its own"));
}

TEST_CASE("Recording with BPF works without /sys") {
  const Scene scene("true");
  Start start = scene.recorder({"-q", "-o", "out.json", "--backend", "bpf", "--", "sh", "script"});
  start.prepare = [] {
    if (!unshare_mounts() || umount2("/sys", MNT_DETACH) != 0) _exit(98);
  };
  const Finished finished = run_to_end(start);
  INFO(finished.errors);
  CHECK(finished.exit_code == 0);
  scene.check_recording(0, nullptr);
}
