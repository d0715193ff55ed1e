// The environment that the command gets: the one that the user gave us.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "os/user.h"

namespace rusage_bpf {

class Environment {
 public:
  // `entries` are of the form NAME=VALUE, as a rule; what is not stays as it is.
  explicit Environment(std::vector<std::string> entries) : entries_(std::move(entries)) {}

  // What the user gave us, in order and byte for byte. Where an exec has given us privileges (file capabilities),
  // the dynamic loader has taken LD_LIBRARY_PATH, TMPDIR and more out of `environ`; the kernel's own copy has them.
  static Environment given();

  // Makes it the user's: HOME, USER, LOGNAME, SHELL, without the variables of sudo, doas and pkexec.
  void enter(const User &user);

  [[nodiscard]] const std::vector<std::string> &entries() const { return entries_; }

 private:
  void remove(std::string_view name);
  void set(std::string_view name, const std::string &value);

  std::vector<std::string> entries_;
};

// Where an exec has given us privileges, the kernel has lowered the soft limit of the stack to 8 MiB: makes it again
// what our parent has, from whom we have ours.
void give_back_stack_limit();

}  // namespace rusage_bpf
