// The processes above us, as /proc shows them.
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

  // The name of the program without its directory, and without the dash that makes a shell a login shell.
  [[nodiscard]] std::string program() const;
  // A shell, whatever it runs: commands that are typed, a script, or the text after -c.
  [[nodiscard]] bool is_shell() const;
  // The text after -c; empty where a shell was given none.
  [[nodiscard]] std::string shell_text() const;
};

// The parent first. Ends at the first process of this pid namespace, or where /proc hides one.
std::vector<Ancestor> ancestors();

// The arguments that this process was given.
std::vector<std::string> own_argv();

}  // namespace rusage_bpf
