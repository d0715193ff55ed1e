// The ancestors of this process, from /proc.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace rusage_bpf {

struct Ancestor {
  pid_t pid = 0;
  std::string comm;
  std::vector<std::string> argv;
  uid_t real_uid = 0;
  uid_t effective_uid = 0;
  gid_t real_gid = 0;

  // The name of the program, without its directory and without the dash of a login shell.
  [[nodiscard]] std::string program() const;
  // Whether it is a shell, with or without a script or -c.
  [[nodiscard]] bool is_shell() const;
  // The text after -c; empty without -c.
  [[nodiscard]] std::string shell_text() const;
};

// The parent comes first. The list ends at the init of this pid namespace, or before a hidden process.
std::vector<Ancestor> ancestors();

// The arguments of this process.
std::vector<std::string> own_argv();

}  // namespace rusage_bpf
