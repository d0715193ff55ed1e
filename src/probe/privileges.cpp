#include "probe/privileges.h"

#include <fmt/format.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string_view>

#include "os/members_copy.h"
#include "os/privileges.h"
#include "probe/namespaces.h"

namespace rusage_bpf {
namespace {

namespace fs = std::filesystem;

bool holds(std::uint64_t set, cap_value_t capability) {
  return (set >> capability & 1) != 0;
}

bool allows_tracing(std::uint64_t set) {
  return holds(set, CAP_SYS_ADMIN) || (holds(set, CAP_BPF) && holds(set, CAP_PERFMON));
}

std::string capabilities_of_file(const std::string &path) {
  const std::unique_ptr<std::remove_pointer_t<cap_t>, int (*)(void *)> all(cap_get_file(path.c_str()), cap_free);
  const std::unique_ptr<char, int (*)(void *)> text(all ? cap_to_text(all.get(), nullptr) : nullptr, cap_free);
  return text ? text.get() : "";
}

bool is_in_path(const std::string &program) {
  const char *const path = std::getenv("PATH");
  for (std::string_view rest = path ? path : ""; !rest.empty();) {
    const std::string_view directory = rest.substr(0, rest.find(':'));
    if (access((fs::path(directory) / program).c_str(), X_OK) == 0) return true;
    rest.remove_prefix(std::min(rest.size(), directory.size() + 1));
  }
  return false;
}

std::string missing_capabilities(std::uint64_t set) {
  if (holds(set, CAP_BPF)) return "CAP_PERFMON is missing";
  if (holds(set, CAP_PERFMON)) return "CAP_BPF is missing";
  return "CAP_BPF and CAP_PERFMON are missing";
}

}  // namespace

bool Privileges::may_trace_with_bpf() const {
  return !in_user_namespace && allows_tracing(effective);
}

bool Privileges::may_read_all_of_proc() const {
  return holds(effective, CAP_SYS_PTRACE);
}

bool has_seccomp_filter() {
  return prctl(PR_GET_SECCOMP) == 2;
}

Privileges own_privileges(const Roots &roots) {
  Privileges privileges{.uid = geteuid(),
                        .no_new_privs = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1,
                        .filtered = has_seccomp_filter(),
                        .in_user_namespace = !in_initial_namespace(roots, Namespace::user).value_or(true)};
  for (cap_value_t one = 0; one < cap_max_bits(); one++) {
    const std::uint64_t bit = std::uint64_t{1} << one;
    if (has_capability(one)) privileges.effective |= bit;
    if (cap_get_bound(one) == 1) privileges.bounding |= bit;
  }
  return privileges;
}

Executable own_executable(const Roots &roots) {
  std::error_code unreadable;
  const std::string path = fs::read_symlink(roots.proc + "/self/exe", unreadable);
  struct statvfs mount {};
  return {.path = path.empty() ? "rusage-bpf" : path,
          .capabilities = capabilities_of_file(path),
          .no_suid = statvfs(path.c_str(), &mount) == 0 && (mount.f_flag & ST_NOSUID) != 0,
          .sudo = is_in_path("sudo"),
          .group = group_of_members_copy(members_copy_of(path))};
}

Remedy as_root(const Executable &executable) {
  const std::string program = shell_word(executable.path) + " ...";
  if (executable.sudo) return {"sudo " + program, ""};
  return {program, "as root, for want of sudo"};
}

Check capabilities_check(const Privileges &privileges, const Executable &executable) {
  Check check{"capabilities", "CAP_SYS_ADMIN, which is enough"};
  if (privileges.may_trace_with_bpf()) {
    if (!holds(privileges.effective, CAP_SYS_ADMIN))
      check.found =
          fmt::format("CAP_BPF and CAP_PERFMON{}", executable.capabilities.empty() ? "" : ", which this file has");
    return check;
  }
  check.state = Check::State::stops;
  if (privileges.in_user_namespace) {
    check.found = "a user namespace's capabilities, as in a rootless container, do not count for BPF";
    check.remedies = {{"sudo docker run --userns=host --cap-add BPF --cap-add PERFMON IMAGE",
                       "from outside, as nothing inside a user namespace would help"}};
    return check;
  }
  check.found = missing_capabilities(privileges.effective);
  if (!allows_tracing(privileges.bounding)) {
    check.found += ", and nothing in here can give them, not even root";
    check.remedies = {
        {"docker run --cap-add BPF --cap-add PERFMON IMAGE", "from outside: the container, started anew"}};
    return check;
  }
  if (privileges.no_new_privs) {
    check.found += ", and no_new_privs keeps sudo and the file's capabilities from giving them";
    check.remedies = {{"",
                       "nothing in here would help; start it without no_new_privs (systemd: "
                       "NoNewPrivileges=no, Docker: no --security-opt no-new-privileges)"}};
    return check;
  }
  const std::string program = shell_word(executable.path);
  const std::string sudo = executable.sudo ? "sudo " : "";
  check.remedies.push_back(as_root(executable));
  if (!executable.group.empty()) {
    check.remedies.push_back(
        {fmt::format("{}usermod -aG {} \"$USER\"", sudo, executable.group),
         fmt::format("once, then log in again; members of the group {} need no sudo", executable.group)});
    return check;
  }
  constexpr auto give = "setcap cap_bpf,cap_perfmon=ep";
  if (!executable.no_suid) {
    check.remedies.push_back(
        {fmt::format("{}{} {}", sudo, give, program),
         executable.sudo ? "once; this file needs no sudo then" : "once, as root; this file needs no root then"});
    return check;
  }
  check.found += "; on a nosuid mount, a file's capabilities do not count";
  check.remedies.push_back(
      {fmt::format("{0}install {1} /usr/local/bin/ && {0}{2} /usr/local/bin/rusage-bpf", sudo, program, give),
       "once, for a copy where they count"});
  return check;
}

}  // namespace rusage_bpf
