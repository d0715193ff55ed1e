// Whether the bpf system call can be made, and whether it works for this process. Finds out what refuses it: a missing
// system call, a seccomp filter or a security module.
#pragma once

#include <optional>
#include <vector>

#include "probe/check.h"
#include "probe/privileges.h"
#include "probe/roots.h"

namespace rusage_bpf {

// What happens to a call before the kernel handles it.
struct SyscallAccess {
  bool killed = false;   // a filter kills the caller
  int error_number = 0;  // from a filter, or ENOSYS; 0: the call reaches the kernel
};

// Tries the calls that recording needs, in a child process.
SyscallAccess try_system_call(const Privileges &privileges);

// Tries to make a minimal map and program. Returns 0 or errno.
int try_use();

Check system_call_check(const Privileges &privileges, const SyscallAccess &access);
Check seccomp_check(const Privileges &privileges, const SyscallAccess &access);
// `use` is the result of `try_use`; nothing if that was not tried.
Check security_modules_check(const Roots &roots, std::optional<int> use);

}  // namespace rusage_bpf
