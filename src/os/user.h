// The system's users, and how a process becomes one.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "os/error.h"

namespace rusage_bpf {

// The credentials of a process.
struct Identity {
  uid_t uid;
  gid_t gid;
  std::vector<gid_t> groups;  // the supplementary ones
};

struct User {
  std::string name;
  Identity identity;
  std::string home;
  std::string shell;
};

// Nothing where there is no user of that name.
std::optional<User> find_user(const std::string &name);

// Nothing for a user whom the system does not list.
std::optional<std::string> home_of(uid_t uid);

// The groups of a user whose main one is `gid`; that alone for a user without a name.
std::vector<gid_t> groups_of(uid_t uid, gid_t gid);

// Makes this process the user's for good: all of its user and group ids.
Result<void> become(const Identity &identity);

}  // namespace rusage_bpf
