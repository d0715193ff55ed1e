#include "probe/checks.h"

#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>

#include "probe/features.h"
#include "probe/kernel.h"
#include "probe/mounts.h"
#include "probe/namespaces.h"
#include "probe/privileges.h"
#include "probe/processes.h"
#include "probe/system_call.h"

namespace rusage_bpf {

std::vector<Check> bpf_checks(const Roots &roots) {
  const Privileges privileges = own_privileges(roots);
  const SyscallAccess access = try_system_call(privileges);
  const bool passes = !access.killed && access.error_number == 0;
  std::optional<int> use;
  if (passes && privileges.may_trace_with_bpf()) use = try_use();
  const bool usable = use == 0;

  std::vector<Check> checks{
      system_call_check(privileges, access),
      capabilities_check(privileges, own_executable(roots)),
      seccomp_check(privileges, access),
      security_modules_check(roots, use),
      lockdown_check(roots, usable ? knows_helper(BPF_FUNC_probe_read_kernel) : Answer::unknown),
      unprivileged_check(roots),
      types_check(roots),
      io_accounting_check(roots, Check::State::stops),
      schedstat_check(roots, Check::State::stops),
  };
  if (usable) {
    for (const FeatureKind &kind : try_features()) checks.push_back(feature_check(kind));
  } else {
    checks.push_back({"BPF features", "cannot be tried without the above", Check::State::unknown});
  }
  checks.push_back(cgroup_check(roots));
  return checks;
}

std::vector<Check> proc_checks(const Roots &roots) {
  const Privileges privileges = own_privileges(roots);
  const Executable executable = own_executable(roots);
  return {proc_check(roots, privileges, executable), pid_namespace_check(roots),
          others_check(try_others(roots, privileges.uid), privileges, executable),
          io_accounting_check(roots, Check::State::limits), schedstat_check(roots, Check::State::limits)};
}

bool bpf_kills() {
  return has_seccomp_filter() && try_system_call(own_privileges({})).killed;
}

// Remedies for a missing resource; none for other errors.
static std::vector<Remedy> against_shortage(int error_number) {
  switch (error_number) {
    case ENOMEM:
      return {{"",
               "give it more memory: the limit of its cgroup (docker run --memory) holds for what "
               "BPF keeps"}};
    case EMFILE:
      return {{"ulimit -n 1024", "the limit on open files, in the shell that starts it"}};
    case ENFILE:
      return {{"sudo sysctl fs.file-max=1000000", "the limit on open files of the whole machine"}};
    default:
      return {};
  }
}

Check programs_refused(std::string what, int error_number, const std::string &reason) {
  utsname kernel{};
  uname(&kernel);
  const std::string why = reason.empty() ? "" : ": " + reason;
  Check check{std::move(what),
              fmt::format("Linux {} refuses the recorder's BPF programs ({}{})", kernel.release,
                          std::generic_category().message(error_number), why),
              Check::State::stops, against_shortage(error_number)};
  if (!check.remedies.empty()) return check;
  const Executable executable = own_executable({});
  if (geteuid() != 0) check.remedies.push_back(as_root(executable));
  check.remedies.push_back({fmt::format("RUSAGE_BPF_DEBUG=1 {} doctor", shell_word(executable.path)),
                            "shows the kernel's reasons; Linux 6.1 or later is needed"});
  return check;
}

std::string why_refused(int error_number, const std::string &reason) {
  // A missing resource is the cause. The checks might fail because of it too, so they are not run.
  const std::vector<Check> checks = against_shortage(error_number).empty() ? bpf_checks() : std::vector<Check>{};
  const Check *const cause = first_that_stops(checks);
  return "cannot record with BPF: " + in_one_line(cause ? *cause : programs_refused("recording", error_number, reason));
}

}  // namespace rusage_bpf
