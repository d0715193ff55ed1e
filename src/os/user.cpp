#include "os/user.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

namespace rusage_bpf {
namespace {

std::vector<gid_t> groups_of(const char *name, gid_t gid) {
  int count = 64;
  std::vector<gid_t> groups(static_cast<std::size_t>(count));
  if (getgrouplist(name, gid, groups.data(), &count) < 0) {
    groups.resize(static_cast<std::size_t>(count));
    getgrouplist(name, gid, groups.data(), &count);
  }
  groups.resize(static_cast<std::size_t>(count));
  return groups;
}

}  // namespace

std::optional<User> find_user(const std::string &name) {
  const passwd *entry = getpwnam(name.c_str());
  if (!entry) return std::nullopt;
  User user{.name = entry->pw_name,
            .identity = {entry->pw_uid, entry->pw_gid, {}},
            .home = entry->pw_dir,
            .shell = entry->pw_shell};
  user.identity.groups = groups_of(user.name.c_str(), user.identity.gid);
  if (user.shell.empty()) user.shell = "/bin/sh";  // see passwd(5)
  return user;
}

std::optional<std::string> home_of(uid_t uid) {
  const passwd *entry = getpwuid(uid);
  if (!entry) return std::nullopt;
  return entry->pw_dir;
}

std::vector<gid_t> groups_of(uid_t uid, gid_t gid) {
  const passwd *entry = getpwuid(uid);
  return entry ? groups_of(entry->pw_name, gid) : std::vector{gid};
}

Result<void> become(const Identity &identity) {
  const auto &[uid, gid, groups] = identity;
  // The user comes last, because only root may change groups.
  if (setgroups(groups.size(), groups.data()) != 0 || setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0)
    return errno_error("becoming another user");
  return {};
}

}  // namespace rusage_bpf
