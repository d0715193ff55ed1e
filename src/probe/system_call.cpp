#include "probe/system_call.h"

#include <bpf/bpf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/bpf.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <initializer_list>
#include <system_error>

#include "os/fd.h"
#include "probe/program.h"

namespace rusage_bpf {
namespace {

std::string words_for(int error_number) {
  return std::generic_category().message(error_number);
}

// The kernel refuses arguments that are longer than a page before it checks anything else, such as capabilities. So a
// call with such arguments only shows whether it reaches the kernel.
int answer_to(bpf_cmd command) {
  constexpr unsigned too_long = 1 << 20;
  const bool done = syscall(SYS_bpf, command, nullptr, too_long) >= 0;
  return done || errno == E2BIG ? 0 : errno;
}

int first_refusal(const Privileges &privileges) {
  for (const bpf_cmd command :
       {BPF_OBJ_GET_INFO_BY_FD, BPF_PROG_TEST_RUN, BPF_RAW_TRACEPOINT_OPEN, BPF_LINK_CREATE, BPF_ITER_CREATE})
    if (const int answer = answer_to(command)) return answer;
  // For these, Linux 6.1 checks the caller first.
  if (privileges.may_trace_with_bpf())
    for (const bpf_cmd command : {BPF_MAP_CREATE, BPF_PROG_LOAD, BPF_BTF_LOAD})
      if (const int answer = answer_to(command)) return answer;
  return 0;
}

}  // namespace

SyscallAccess try_system_call(const Privileges &privileges) {
  // Without a filter, no call kills the process.
  if (!privileges.filtered) return {.error_number = first_refusal(privileges)};
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return {};
  const Fd read_end(ends[0]);
  Fd write_end(ends[1]);
  const pid_t child = fork();
  if (child < 0) return {};
  if (child == 0) {
    constexpr rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
    const int answer = first_refusal(privileges);
    const bool sent = write(write_end.get(), &answer, sizeof(answer)) == sizeof(answer);
    _exit(sent ? 0 : 1);
  }
  write_end.reset();
  // By a pipe, because there is no exit status if SIGCHLD is ignored.
  int answer = 0;
  const bool received = read(read_end.get(), &answer, sizeof(answer)) == sizeof(answer);
  waitpid(child, nullptr, 0);
  return {.killed = !received, .error_number = received ? answer : 0};
}

int try_use() {
  const Fd map(bpf_map_create(BPF_MAP_TYPE_ARRAY, nullptr, sizeof(int), sizeof(long), 1, nullptr));
  if (!map) return errno;
  const Fd program = load_minimal(BPF_PROG_TYPE_SYSCALL);
  // EINVAL: the kernel does not know this type of program, which another check reports.
  return program || errno == EINVAL ? 0 : errno;
}

Check system_call_check(const Privileges &privileges, const SyscallAccess &access) {
  constexpr auto name = "system call bpf";
  if (access.error_number == ENOSYS && !privileges.filtered)
    return {name,
            "this kernel has no system call bpf",
            Check::State::stops,
            {{"", "nothing would help here; a kernel built with CONFIG_BPF_SYSCALL=y is needed"}}};
  const bool unseen = access.killed || (privileges.filtered && access.error_number != 0);
  if (unseen) return {name, "unknown behind the seccomp filter", Check::State::unknown};
  return {name, "there"};
}

Check seccomp_check(const Privileges &privileges, const SyscallAccess &access) {
  constexpr auto name = "seccomp";
  if (!privileges.filtered) return {name, "no filter"};
  if (!access.killed && access.error_number == 0) return {name, "a filter that lets bpf pass"};
  return {name,
          access.killed ? "a seccomp filter kills processes that call bpf"
                        : fmt::format("a seccomp filter refuses bpf ({})", words_for(access.error_number)),
          Check::State::stops,
          {{"docker run --cap-add BPF --cap-add PERFMON --security-opt seccomp=unconfined IMAGE",
            "from outside: the container, started anew"},
           {"", "in a systemd unit: SystemCallFilter=bpf, beside what it has"}}};
}

Check security_modules_check(const Roots &roots, std::optional<int> use) {
  std::string modules;
  std::getline(std::ifstream(roots.sys + "/kernel/security/lsm"), modules);
  Check check{"security modules", modules.empty() ? "unknown which" : modules};
  if (!use) {
    check.state = Check::State::unknown;
    check.found += "; not tried without the capabilities";
  }
  if (use.value_or(0) == 0) return check;
  // A security module answers with these. Other errors explain themselves.
  if (*use != EPERM && *use != EACCES) {
    check.state = Check::State::unknown;
    check.found += fmt::format("; could not be tried ({})", words_for(*use));
    return check;
  }
  check.state = Check::State::stops;
  check.found = fmt::format("a security module ({}) refuses bpf ({}), although the capabilities are here", check.found,
                            words_for(*use));
  const auto has = [&](const char *module) { return modules.find(module) != std::string::npos; };
  if (has("apparmor"))
    check.remedies.push_back(
        {"docker run --cap-add BPF --cap-add PERFMON --security-opt "
         "apparmor=unconfined IMAGE",
         "from outside, where it is AppArmor's profile of a container"});
  if (has("selinux"))
    check.remedies.push_back({"sudo ausearch -m avc -ts recent", "shows the rule, where it is SELinux"});
  check.remedies.push_back({"sudo dmesg | grep -iE 'denied|avc|bpf'", "may show what refuses it"});
  return check;
}

}  // namespace rusage_bpf
