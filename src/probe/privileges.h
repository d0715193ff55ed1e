// The privileges that BPF needs, and how to get them.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "probe/check.h"
#include "probe/roots.h"

namespace rusage_bpf {

// What the kernel lets this process do.
struct Privileges {
  uid_t uid = 0;
  std::uint64_t effective = 0;     // capabilities, a bit each
  std::uint64_t bounding = 0;      // those that an exec could give
  bool no_new_privs = false;       // no exec gives any
  bool filtered = false;           // a seccomp filter checks each system call
  bool in_user_namespace = false;  // not the first one: its capabilities have no effect outside

  // Whether BPF takes it for one that may trace the kernel, by capabilities.
  [[nodiscard]] bool may_trace_with_bpf() const;
  [[nodiscard]] bool may_read_all_of_proc() const;
};

bool has_seccomp_filter();
Privileges own_privileges(const Roots &roots);

// The program that runs, as far as privileges come from it.
struct Executable {
  std::string path;
  std::string capabilities;  // those of the file, as setcap writes them; empty: none
  bool no_suid = false;      // on a mount where they do not count
  bool sudo = false;         // is there to be used
};

Executable own_executable(const Roots &roots);

// What it is to run the same with all privileges.
Remedy as_root(const Executable &executable);

Check capabilities_check(const Privileges &privileges, const Executable &executable);

}  // namespace rusage_bpf
