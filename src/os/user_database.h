// The users and groups that this system knows: those of /etc/passwd and /etc/group, and what getent says of others,
// such as LDAP's. The C library's own functions load shared libraries for that, which a static program cannot.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace rusage_bpf {

// A line of /etc/passwd.
struct UserEntry {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
  std::string home;
  std::string shell;
};

std::optional<UserEntry> user_named(const std::string &name);
std::optional<UserEntry> user_with(uid_t uid);

// The main group first.
std::vector<gid_t> groups_of(const UserEntry &user);

// The number if the group has no name.
std::string name_of_group(gid_t gid);

// Whether there is a getent. Without it, only the users of /etc/passwd are found.
bool has_getent();

}  // namespace rusage_bpf
