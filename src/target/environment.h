// The environment of the command: the one that the user gave to rusage-bpf.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "os/user.h"

namespace rusage_bpf {

class Environment {
 public:
  // Entries have the form NAME=VALUE. Others stay as they are.
  explicit Environment(std::vector<std::string> entries) : entries_(std::move(entries)) {}

  // The environment from the user, in the same order and with the same bytes. If an exec gave privileges to the
  // recorder (file capabilities), the dynamic loader has removed LD_LIBRARY_PATH, TMPDIR and others from `environ`, but
  // the kernel's copy has them.
  static Environment given();

  // Sets HOME, USER, LOGNAME and SHELL, and removes the variables of sudo, doas and pkexec.
  void set_user(const User &user);

  [[nodiscard]] const std::vector<std::string> &entries() const { return entries_; }

 private:
  void remove(std::string_view name);
  void set(std::string_view name, const std::string &value);

  std::vector<std::string> entries_;
};

// If an exec gave privileges to the recorder, the kernel has lowered the soft limit of the stack to 8 MiB. This sets it
// to the parent's limit again.
void restore_stack_limit();

}  // namespace rusage_bpf
