// The privileges that BPF needs, and how to get them.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "probe/check.h"
#include "probe/roots.h"

namespace rusage_bpf {

// The privileges of this process.
struct Privileges {
  uid_t uid = 0;
  std::uint64_t effective = 0;     // capabilities, one bit each
  std::uint64_t bounding = 0;      // capabilities that an exec could give
  bool no_new_privs = false;       // no exec gives capabilities
  bool filtered = false;           // a seccomp filter checks system calls
  bool in_user_namespace = false;  // not the initial one, so the capabilities have no effect outside

  // Whether its capabilities allow tracing with BPF.
  [[nodiscard]] bool may_trace_with_bpf() const;
  [[nodiscard]] bool may_read_all_of_proc() const;
};

bool has_seccomp_filter();
Privileges own_privileges(const Roots &roots);

// The executable of this process, for privileges from its file.
struct Executable {
  std::string path;
  std::string capabilities;  // of the file, as setcap writes them; empty: none
  bool no_suid = false;      // on a nosuid mount, where they have no effect
  bool sudo = false;         // sudo is installed
  std::string group = {};    // whose members may execute a copy with capabilities; empty: there is none
};

Executable own_executable(const Roots &roots);

// How to run the same with all privileges.
Remedy as_root(const Executable &executable);

Check capabilities_check(const Privileges &privileges, const Executable &executable);

}  // namespace rusage_bpf
