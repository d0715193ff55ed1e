#include "os/caller.h"

#include <grp.h>
#include <sys/fsuid.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "os/user.h"

namespace rusage_bpf {
namespace {

std::optional<unsigned> number_from_environment(const char *name) {
  const char *text = std::getenv(name);
  if (!text) return std::nullopt;
  unsigned number = 0;
  const char *end = text + std::strlen(text);
  const auto [rest, failure] = std::from_chars(text, end, number);
  if (failure != std::errc() || rest != end) return std::nullopt;
  return number;
}

}  // namespace

Caller caller() {
  const Caller self{geteuid(), getegid()};
  if (self.uid != 0) return self;
  const auto uid = number_from_environment("SUDO_UID");
  const auto gid = number_from_environment("SUDO_GID");
  return uid && gid ? Caller{*uid, *gid} : self;
}

AsCaller::AsCaller() {
  const Caller user = caller();
  if (user.uid == geteuid()) return;
  changed_ = true;
  groups_.resize(static_cast<std::size_t>(std::max(getgroups(0, nullptr), 0)));
  getgroups(static_cast<int>(groups_.size()), groups_.data());
  const auto groups = groups_of(user.uid, user.gid);
  setgroups(groups.size(), groups.data());
  setfsgid(user.gid);
  setfsuid(user.uid);
}

AsCaller::~AsCaller() {
  if (!changed_) return;
  setfsuid(geteuid());
  setfsgid(getegid());
  setgroups(groups_.size(), groups_.data());
}

}  // namespace rusage_bpf
