// The users of the system, and how a process becomes one.
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
  std::vector<gid_t> groups;  // the supplementary groups
};

struct User {
  std::string name;
  Identity identity;
  std::string home;
  std::string shell;
};

// Nothing if there is no such user.
std::optional<User> find_user(const std::string &name);

// Nothing if the system does not list the user.
std::optional<std::string> home_of(uid_t uid);

// All groups of a user with the main group `gid`; only that group if the system does not list the user.
std::vector<gid_t> groups_of(uid_t uid, gid_t gid);

// Changes all user and group ids of this process forever.
Result<void> become(const Identity &identity);

}  // namespace rusage_bpf
