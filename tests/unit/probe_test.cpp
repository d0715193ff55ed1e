// The checks of the kernel, mounts and processes, on other machines.
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

namespace fs = std::filesystem;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using State = Check::State;
using Commands = std::vector<std::string>;

TEST_CASE("lockdown stops BPF only if programs may not read the kernel's memory") {
  FakeMachine machine;
  const auto state = [&](Answer reads) { return lockdown_check(machine.roots(), reads).state; };
  CHECK(state(Answer::unknown) == State::unknown);
  CHECK(state(Answer::yes) == State::works);
  CHECK(state(Answer::no) == State::stops);
  machine.file("sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
  CHECK(state(Answer::unknown) == State::works);
  CHECK(state(Answer::yes) == State::works);
  machine.file("sys/kernel/security/lockdown", "none integrity [confidentiality]\n");
  CHECK(state(Answer::unknown) == State::stops);
  const Check check = lockdown_check(machine.roots(), Answer::no);
  CHECK_THAT(check.found, Contains("confidentiality"));
  CHECK(commands(check) == Commands{""});
}

TEST_CASE("unprivileged_bpf_disabled is reported and stops nothing") {
  FakeMachine machine;
  CHECK(unprivileged_check(machine.roots()).state == State::unknown);
  const std::string value = GENERATE("0", "1", "2");
  machine.file("proc/sys/kernel/unprivileged_bpf_disabled", value + "\n");
  const Check check = unprivileged_check(machine.roots());
  CHECK(check.state == State::works);
  CHECK_THAT(check.found, StartsWith(value + ";"));
}

TEST_CASE("a kernel without BTF is distinguished from a missing /sys") {
  FakeMachine machine;
  const Check missing = types_check(machine.roots());
  CHECK(missing.state == State::stops);
  CHECK_THAT(in_one_line(missing), Contains("CONFIG_DEBUG_INFO_BTF=y"));
  machine.file("sys/kernel/btf/vmlinux");
  CHECK(types_check(machine.roots()).state == State::works);
  CHECK(types_check({.proc = "/nonexistent", .sys = "/nonexistent"}).state == State::unknown);
}

TEST_CASE("counters that a kernel was built without have the state that the source needs") {
  FakeMachine machine;
  const State without = GENERATE(State::stops, State::limits);
  CHECK(io_accounting_check(machine.roots(), without).state == without);
  CHECK(schedstat_check(machine.roots(), without).state == without);
  machine.file("proc/self/io").file("proc/self/schedstat");
  CHECK(io_accounting_check(machine.roots(), without).state == State::works);
  CHECK(schedstat_check(machine.roots(), without).state == State::works);
  const Roots nowhere{.proc = "/nonexistent", .sys = "/nonexistent"};
  CHECK(io_accounting_check(nowhere, without).state == State::unknown);
}

TEST_CASE("a /proc with hidepid limits users from whom it hides processes") {
  FakeMachine machine;
  const auto check = [&](const std::string &options, const Privileges &privileges) {
    machine.mounts("sysfs /sys sysfs rw 0 0\nproc /proc proc " + options + " 0 0\n");
    return proc_check(machine.roots(), privileges, program());
  };
  for (const char *open : {"rw,relatime", "rw,hidepid=0", "rw,hidepid=off"})
    CHECK(check(open, user()).state == State::works);
  for (const char *hiding :
       {"rw,hidepid=2", "rw,relatime,hidepid=invisible", "hidepid=noaccess,rw", "rw,hidepid=2,gid=4242"}) {
    CAPTURE(hiding);
    CHECK(check(hiding, user()).state == State::limits);
    CHECK(commands(check(hiding, user())).at(0) == "sudo mount -o remount,hidepid=0 /proc");
    CHECK(check(hiding, root()).state == State::works);
  }
  CHECK(check("rw,hidepid=2,gid=" + std::to_string(getegid()), user()).state == State::works);
}

TEST_CASE("the last mount on /proc counts") {
  FakeMachine machine;
  machine.mounts("proc /proc proc rw 0 0\nproc /proc proc rw,hidepid=2 0 0\n");
  CHECK(proc_check(machine.roots(), user(), program()).state == State::limits);
}

TEST_CASE("a missing /proc, or one of another pid namespace, stops recording") {
  FakeMachine machine;
  CHECK(proc_check(machine.roots(), root(), program()).state == State::stops);
  machine.mounts("proc /proc proc rw 0 0\n");
  CHECK(proc_check(machine.roots(), root(), program()).state == State::works);
  fs::remove(machine.roots().proc + "/self");
  machine.file("proc/4242/mounts", "proc /proc proc rw 0 0\n").link("proc/self", "4242");
  const Check check = proc_check(machine.roots(), root(), program());
  CHECK(check.state == State::stops);
  CHECK_THAT(commands(check).at(0), StartsWith("sudo unshare --mount-proc "));
}

TEST_CASE("cgroups can be recorded if v2 is mounted, with or without v1") {
  FakeMachine machine;
  const std::string proc = "proc /proc proc rw 0 0\n";
  const std::string v1 = "cgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0\n";
  const auto check = [&](const std::string &mounts) {
    machine.mounts(mounts);
    return cgroup_check(machine.roots());
  };
  CHECK(check(proc + "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n").found == "/sys/fs/cgroup");
  const Check both = check(proc + v1 + "cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n");
  CHECK(both.state == State::works);
  CHECK_THAT(both.found, StartsWith("/sys/fs/cgroup/unified, beside v1"));
  CHECK(check(proc + v1).state == State::limits);
  CHECK(check(proc).state == State::limits);
  CHECK(check("").state == State::unknown);
}

TEST_CASE("namespaces other than the initial ones are recognized") {
  FakeMachine machine;
  CHECK_FALSE(in_initial_namespace(machine.roots(), Namespace::user));
  machine.link("proc/self/ns/user", "user:[4026531837]").link("proc/self/ns/pid", "pid:[42]");
  CHECK(in_initial_namespace(machine.roots(), Namespace::user) == true);
  CHECK(in_initial_namespace(machine.roots(), Namespace::pid) == false);
  CHECK_THAT(pid_namespace_check(machine.roots()).found, StartsWith("one of its own"));
}

TEST_CASE("which processes can be read") {
  CHECK(others_check(Readable::all, user(), program()).state == State::works);
  CHECK(others_check(Readable::no_others, user(), program()).state == State::works);
  CHECK(commands(others_check(Readable::own, user(), program())) == Commands{"sudo '/opt/my tools/rusage-bpf' ..."});
  CHECK_THAT(commands(others_check(Readable::own, {.uid = 0}, program())).at(0), Contains("--cap-add SYS_PTRACE"));
  // All files of this machine belong to the test's user.
  const FakeMachine machine;
  CHECK(try_others(machine.roots(), geteuid()) == Readable::no_others);
}

TEST_CASE("a missing feature is named, and one that was not tried is not missing") {
  const auto check = [](Answer first, Answer second) {
    return feature_check({"helpers", {{"bpf_loop", first}, {"task_storage_get", second}}});
  };
  CHECK(check(Answer::yes, Answer::yes).found == "bpf_loop, task_storage_get");
  CHECK(check(Answer::yes, Answer::unknown).state == State::unknown);
  const Check missing = check(Answer::no, Answer::yes);
  CHECK(missing.state == State::stops);
  CHECK_THAT(missing.found, Contains("bpf_loop") && !Contains("task_storage_get"));
  CHECK(commands(feature_check({"programs", {{"syscall", Answer::yes}, {"JIT", Answer::no}}})) ==
        Commands{"sudo sysctl net.core.bpf_jit_enable=1"});
}

TEST_CASE(
    "programs that are refused for an unknown reason are reported with the kernel's message, and where to see more") {
  const Check check = programs_refused("recording", EINVAL);
  CHECK(check.state == State::stops);
  CHECK_THAT(in_one_line(check), Contains("Invalid argument") && Contains("RUSAGE_BPF_DEBUG=1 "));
  CHECK_THAT(in_one_line(programs_refused("recording", ENOMEM)), Contains("more memory"));
  CHECK_THAT(in_one_line(programs_refused("recording", EINVAL, "x.y is not as expected")),
             Contains("(Invalid argument: x.y is not as expected)"));
}

TEST_CASE("if descriptors run out, their limit is named, and no security module") {
  for (const std::string &said : {why_refused(EMFILE), in_one_line(programs_refused("recording", EMFILE))})
    CHECK_THAT(said, Contains("Too many open files") && Contains("ulimit -n") && !Contains("security") &&
                         !Contains("RUSAGE_BPF_DEBUG"));
  CHECK_THAT(why_refused(ENFILE), Contains("fs.file-max"));
  const FakeMachine machine;
  CHECK(security_modules_check(machine.roots(), EMFILE).state == State::unknown);
  CHECK(security_modules_check(machine.roots(), EPERM).state == State::stops);
}

TEST_CASE("a remedy is a command if there is one, and otherwise a sentence") {
  const Check check{"name", "it is off", State::stops, {{"on", "twice"}, {"", "never"}, {"up", ""}}};
  CHECK(in_one_line(check) == "it is off; run: on (twice); or never; or run: up");
}

TEST_CASE("a path is one word to a shell") {
  CHECK(shell_word("/usr/bin/rusage-bpf") == "/usr/bin/rusage-bpf");
  CHECK(shell_word("/it's here/x") == "'/it'\\''s here/x'");
  CHECK(shell_word("$(reboot)") == "'$(reboot)'");
}

}  // namespace
}  // namespace rusage_bpf::probe_test
