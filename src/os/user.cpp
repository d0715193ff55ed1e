#include "os/user.h"

#include <grp.h>
#include <unistd.h>

#include "os/user_database.h"

namespace rusage_bpf {
std::optional<User> find_user(const std::string &name) {
  const auto entry = user_named(name);
  if (!entry) return std::nullopt;
  return User{.name = entry->name,
              .identity = {entry->uid, entry->gid, groups_of(*entry)},
              .home = entry->home,
              .shell = entry->shell.empty() ? "/bin/sh" : entry->shell};  // see passwd(5)
}

std::optional<std::string> home_of(uid_t uid) {
  const auto entry = user_with(uid);
  return entry ? std::optional(entry->home) : std::nullopt;
}

std::vector<gid_t> groups_of(uid_t uid, gid_t gid) {
  auto entry = user_with(uid);
  if (!entry) return {gid};
  entry->gid = gid;
  return groups_of(*entry);
}

Result<void> become(const Identity &identity) {
  const auto &[uid, gid, groups] = identity;
  // The user comes last, because only root may change groups.
  if (setgroups(groups.size(), groups.data()) != 0 || setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0)
    return errno_error("becoming another user");
  return {};
}

}  // namespace rusage_bpf
