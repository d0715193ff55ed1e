// The checks of privileges and of the bpf system call, on other machines.
#include <sys/capability.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <optional>
#include <utility>

#include "probe/checks.h"
#include "probe/features.h"
#include "probe/kernel.h"
#include "probe/mounts.h"
#include "probe/namespaces.h"
#include "probe/privileges.h"
#include "probe/processes.h"
#include "probe/system_call.h"
#include "support/fake_machine.h"

namespace rusage_bpf::probe_test {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using State = Check::State;
using Commands = std::vector<std::string>;

TEST_CASE("any user with the capabilities may trace with BPF") {
  CHECK(capabilities_check(root(), program()).state == State::works);
  Privileges capable = user();
  capable.effective = bit(CAP_BPF) | bit(CAP_PERFMON);
  CHECK(capabilities_check(capable, program()).state == State::works);
  capable.no_new_privs = true;
  CHECK(capabilities_check(capable, program()).state == State::works);
}

TEST_CASE("a user without capabilities gets commands with sudo and setcap") {
  const Check check = capabilities_check(user(), program());
  CHECK(check.state == State::stops);
  CHECK(check.found == "CAP_BPF and CAP_PERFMON are missing");
  CHECK(commands(check) == Commands{"sudo '/opt/my tools/rusage-bpf' ...",
                                    "sudo setcap cap_bpf,cap_perfmon=ep '/opt/my tools/rusage-bpf'"});
}

TEST_CASE("only the missing capability is named") {
  Privileges privileges = user();
  privileges.effective = bit(CAP_BPF);
  CHECK(capabilities_check(privileges, program()).found == "CAP_PERFMON is missing");
  privileges.effective = bit(CAP_PERFMON);
  CHECK(capabilities_check(privileges, program()).found == "CAP_BPF is missing");
}

TEST_CASE("sudo is not advised if it is not installed") {
  Executable executable = program();
  executable.sudo = false;
  for (const std::string &command : commands(capabilities_check(user(), executable)))
    CHECK_THAT(command, !Contains("sudo"));
}

TEST_CASE("on a nosuid mount, setcap is advised for a copy") {
  Executable executable = program();
  executable.no_suid = true;
  const Check check = capabilities_check(user(), executable);
  CHECK_THAT(check.found, Contains("nosuid"));
  CHECK_THAT(commands(check).at(1), Contains("sudo setcap cap_bpf,cap_perfmon=ep /usr/local/bin/rusage-bpf"));
}

TEST_CASE("where members of a group may record, joining it is advised instead of setcap") {
  Executable executable = program();
  executable.group = "rusage";
  const Check check = capabilities_check(user(), executable);
  CHECK(commands(check) == Commands{"sudo '/opt/my tools/rusage-bpf' ...", "sudo usermod -aG rusage \"$USER\""});
  CHECK_THAT(in_one_line(check), Contains("members of the group rusage"));
}

TEST_CASE("sudo and setcap are not advised if they would not help") {
  Privileges privileges = user();
  std::string word;
  SECTION("no_new_privs") {
    privileges.no_new_privs = true;
    word = "no_new_privs";
  }
  SECTION("a container without the capabilities, as root or not") {
    privileges.bounding = bit(CAP_CHOWN);
    privileges.uid = GENERATE(0U, 1000U);
    word = "--cap-add BPF --cap-add PERFMON";
  }
  SECTION("the capabilities of a user namespace") {
    privileges = root();
    privileges.in_user_namespace = true;
    word = "user namespace";
  }
  const Check check = capabilities_check(privileges, program());
  CHECK(check.state == State::stops);
  CHECK_THAT(in_one_line(check), Contains(word));
  for (const std::string &command : commands(check))
    CHECK_THAT(command, !Contains("rusage-bpf") && !Contains("setcap"));
}

TEST_CASE("a seccomp filter is distinguished from a kernel without bpf and from missing capabilities") {
  Privileges filtered = root();
  filtered.filtered = true;
  const SyscallAccess open{};
  const SyscallAccess refused{.killed = false, .error_number = EPERM};
  const SyscallAccess unknown{.killed = false, .error_number = ENOSYS};
  const SyscallAccess killed{.killed = true, .error_number = 0};

  CHECK(seccomp_check(root(), open).state == State::works);
  CHECK(seccomp_check(filtered, open).state == State::works);
  for (const SyscallAccess &access : {refused, unknown, killed}) {
    const Check check = seccomp_check(filtered, access);
    CHECK(check.state == State::stops);
    CHECK_THAT(check.found, StartsWith("a seccomp filter"));
    CHECK_THAT(commands(check).at(0), Contains("--security-opt seccomp=unconfined"));
    CHECK(system_call_check(filtered, access).state == State::unknown);
  }
  CHECK(seccomp_check(root(), unknown).state == State::works);
  CHECK(system_call_check(root(), unknown).state == State::stops);
  // The answer of Linux before 5.16 without capabilities.
  CHECK(seccomp_check(user(), refused).state == State::works);
  CHECK(system_call_check(user(), refused).state == State::works);
}

TEST_CASE("a security module that refuses is named") {
  FakeMachine machine;
  const auto check = [&](std::optional<int> use) { return security_modules_check(machine.roots(), use); };
  CHECK_THAT(check(EPERM).found, Contains("Operation not permitted"));
  machine.file("sys/kernel/security/lsm", "lockdown,capability,apparmor,bpf");
  CHECK(check(0).state == State::works);
  CHECK(check(std::nullopt).state == State::unknown);
  CHECK(check(EPERM).state == State::stops);
  CHECK_THAT(check(EPERM).found, Contains("apparmor"));
  CHECK_THAT(commands(check(EPERM)).at(0), Contains("apparmor=unconfined"));
}

}  // namespace
}  // namespace rusage_bpf::probe_test
