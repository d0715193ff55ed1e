#include "os/caller.h"

#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "os/ancestors.h"
#include "os/user.h"
#include "os/user_database.h"

namespace rusage_bpf {
namespace {

std::optional<std::uint32_t> number_from_environment(const char *name) {
  const char *text = std::getenv(name);
  if (!text) return std::nullopt;
  std::uint32_t number = 0;
  const char *end = text + std::strlen(text);
  const auto [rest, failure] = std::from_chars(text, end, number);
  if (failure != std::errc() || rest != end) return std::nullopt;
  return number;
}

// Whether the id can exist in this user namespace. UINT32_MAX means "unchanged" and is no id.
bool exists(std::uint32_t number, const char *map) {
  if (number == UINT32_MAX) return false;
  std::ifstream lines(map);
  std::uint64_t inside = 0;
  std::uint64_t outside = 0;
  std::uint64_t count = 0;
  bool any = false;
  while (lines >> inside >> outside >> count) {
    if (number >= inside && number - inside < count) return true;
    any = true;
  }
  return !any;
}

// Nothing for root, and for impossible ids.
std::optional<Caller> caller_with(std::uint32_t uid, std::uint32_t gid) {
  if (uid == 0 || !exists(uid, "/proc/self/uid_map") || !exists(gid, "/proc/self/gid_map")) return std::nullopt;
  return Caller{uid, gid};
}

std::optional<Caller> caller_of(const std::optional<UserEntry> &user) {
  return user ? caller_with(user->uid, user->gid) : std::nullopt;
}

std::optional<Caller> caller_of_sudo() {
  const auto uid = number_from_environment("SUDO_UID");
  const auto gid = number_from_environment("SUDO_GID");
  return uid && gid ? caller_with(*uid, *gid) : std::nullopt;
}

std::optional<Caller> caller_of_doas() {
  const char *name = std::getenv("DOAS_USER");
  return name ? caller_of(user_named(name)) : std::nullopt;
}

std::optional<Caller> caller_of_pkexec() {
  const auto uid = number_from_environment("PKEXEC_UID");
  return uid ? caller_of(user_with(*uid)) : std::nullopt;
}

// Whether it is a login shell: after `su -`, commands are root's own.
bool starts_session_of_root(const Ancestor &ancestor) {
  return !ancestor.argv.empty() && ancestor.argv.front().starts_with('-') && ancestor.shell_text().empty();
}

bool in_own_user_namespace(const Ancestor &ancestor) {
  std::error_code hidden;
  const auto theirs = std::filesystem::read_symlink("/proc/" + std::to_string(ancestor.pid) + "/ns/user", hidden);
  return !hidden && theirs == std::filesystem::read_symlink("/proc/self/ns/user", hidden);
}

// su sets no variable, but is an ancestor that has the caller as its real user. /proc/PID/loginuid is not used: it is
// the user that logged in, who may not be the caller of su, and it is not known on all systems.
std::optional<Caller> caller_of_su() {
  bool called = false;  // by the ancestor before
  for (const Ancestor &ancestor : ancestors()) {
    if (starts_session_of_root(ancestor) || !in_own_user_namespace(ancestor)) break;
    const bool is_su = ancestor.effective_uid == 0 && ancestor.comm == "su";
    const bool is_sudo = ancestor.effective_uid == 0 && ancestor.comm == "sudo";
    if (is_su || called)
      if (auto caller = caller_with(ancestor.real_uid, ancestor.real_gid)) return caller;
    called = is_su || is_sudo;
  }
  return std::nullopt;
}

// Several variables may be set, and some may be old. The caller has a process among the ancestors, if that still
// exists.
Caller choose(const std::vector<Caller> &named) {
  if (named.size() == 1) return named.front();
  for (const Ancestor &ancestor : ancestors())
    for (const Caller &caller : named)
      if (caller.uid == ancestor.real_uid) return caller;
  return named.front();
}

}  // namespace

Caller caller() {
  const Caller self{geteuid(), getegid()};
  if (self.uid != 0) return self;
  std::vector<Caller> named;
  for (const auto &hint : {caller_of_sudo(), caller_of_doas(), caller_of_pkexec()})
    if (hint && (named.empty() || named.back().uid != hint->uid)) named.push_back(*hint);
  if (!named.empty()) return choose(named);
  static const std::optional<Caller> by_su = caller_of_su();  // once, because su may exit before this process
  return by_su.value_or(self);
}

AsCaller::AsCaller() {
  const Caller user = caller();
  if (user.uid == geteuid()) return;
  changed_ = true;
  groups_.resize(static_cast<std::size_t>(std::max(getgroups(0, nullptr), 0)));
  getgroups(static_cast<int>(groups_.size()), groups_.data());
  // By the system call, as the library's function would interrupt every other thread.
  const auto groups = groups_of(user.uid, user.gid);
  syscall(SYS_setgroups, groups.size(), groups.data());
  setfsgid(user.gid);
  setfsuid(user.uid);
}

AsCaller::~AsCaller() {
  if (!changed_) return;
  setfsuid(geteuid());
  setfsgid(getegid());
  syscall(SYS_setgroups, groups_.size(), groups_.data());
}

uid_t acting_uid() {
  constexpr auto no_change = static_cast<uid_t>(-1);
  return static_cast<uid_t>(setfsuid(no_change));
}

}  // namespace rusage_bpf
