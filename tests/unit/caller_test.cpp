#include "os/caller.h"

#include <pwd.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

namespace rusage_bpf::caller_test {
namespace {

constexpr uid_t nobody = 65534;

// The caller if only these variables of sudo, doas and pkexec are set. Only root can have another user as its caller.
uid_t caller_with(const std::map<std::string, std::string> &variables) {
  const std::vector<const char *> names{"SUDO_UID", "SUDO_GID", "DOAS_USER", "PKEXEC_UID"};
  for (const char *name : names) unsetenv(name);
  for (const auto &[name, value] : variables) setenv(name.c_str(), value.c_str(), 1);
  const uid_t uid = caller().uid;
  for (const char *name : names) unsetenv(name);
  return uid;
}

uid_t if_root(uid_t uid) {
  return geteuid() == 0 ? uid : geteuid();
}

TEST_CASE("the caller is the user that called sudo, doas or pkexec") {
  CHECK(caller_with({{"SUDO_UID", "65534"}, {"SUDO_GID", "65534"}}) == if_root(nobody));
  CHECK(caller_with({{"DOAS_USER", "nobody"}}) == if_root(nobody));
  CHECK(caller_with({{"PKEXEC_UID", "65534"}}) == if_root(nobody));
  CHECK(caller_with({{"SUDO_UID", "12345"}, {"SUDO_GID", "12345"}}) == if_root(12345));
}

TEST_CASE("a variable that names root is ignored") {
  CHECK(caller_with({{"SUDO_UID", "0"}, {"SUDO_GID", "0"}, {"DOAS_USER", "nobody"}}) == if_root(nobody));
  CHECK(caller_with({{"SUDO_UID", "65534"}, {"SUDO_GID", "65534"}, {"DOAS_USER", "root"}}) == if_root(nobody));
}

TEST_CASE("a variable that names no user is ignored") {
  const uid_t self = geteuid();
  for (const std::string uid : {"", "x", "-1", "4294967295", "4294967296", "1000 ", " 1000", "1000x", "0x3e8", "1e3"}) {
    INFO(uid);
    CHECK(caller_with({{"SUDO_UID", uid}, {"SUDO_GID", "65534"}}) == self);
    CHECK(caller_with({{"SUDO_UID", "65534"}, {"SUDO_GID", uid}}) == self);
    CHECK(caller_with({{"PKEXEC_UID", uid}}) == self);
  }
  CHECK(caller_with({{"SUDO_UID", "65534"}}) == self);
  CHECK(caller_with({{"PKEXEC_UID", "87654321"}}) == self);  // no user has this id, so there is no group
  for (const std::string name : {"", "no-such-user", "no:body", "../root", "65534"})
    CHECK(caller_with({{"DOAS_USER", name}}) == self);
}

}  // namespace
}  // namespace rusage_bpf::caller_test
