// Whether the system call bpf can be called at all, and, where it can, whether it does something for us. Everything
// that may stand between us and the kernel is told from the rest here.
#pragma once

#include <optional>
#include <vector>

#include "probe/check.h"
#include "probe/privileges.h"
#include "probe/roots.h"

namespace rusage_bpf {

// What becomes of a call before the kernel would do anything.
struct SyscallAccess {
  bool killed = false;   // a filter kills the caller
  int error_number = 0;  // what a filter answers, or ENOSYS; 0: the call reaches the kernel
};

// Tries the calls that recording needs, in a child process.
SyscallAccess try_system_call(const Privileges &privileges);

// What the kernel answers to the simplest of maps and of programs: 0 or an error number.
int try_use();

Check system_call_check(const Privileges &privileges, const SyscallAccess &access);
Check seccomp_check(const Privileges &privileges, const SyscallAccess &access);
// `use` is what `try_use` gave; nothing where that was not tried.
Check security_modules_check(const Roots &roots, std::optional<int> use);

}  // namespace rusage_bpf
