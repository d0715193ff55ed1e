#include "os/members_copy.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "os/privileges.h"
#include "os/user_database.h"

namespace rusage_bpf {

namespace fs = std::filesystem;

std::string members_copy_of(const std::string &executable) {
  return fs::path(executable).parent_path().parent_path() / "libexec/rusage-bpf/rusage-bpf";
}

void become_members_copy(std::span<const char *const> arguments) {
  if (geteuid() == 0 || has_capability(CAP_BPF) || arguments.empty()) return;
  std::error_code unreadable;
  const fs::path own = fs::read_symlink("/proc/self/exe", unreadable);
  if (unreadable) return;
  execv(members_copy_of(own).c_str(), const_cast<char *const *>(arguments.data()));
}

std::string group_of_members_copy(const std::string &copy) {
  struct stat status {};
  if (stat(copy.c_str(), &status) != 0 || (status.st_mode & (S_IXGRP | S_IXOTH)) != S_IXGRP) return {};
  return name_of_group(status.st_gid);
}

}  // namespace rusage_bpf
