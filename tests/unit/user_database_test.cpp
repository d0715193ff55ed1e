#include "os/user_database.h"

#include <grp.h>
#include <pwd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace rusage_bpf::user_database_test {
namespace {

std::vector<gid_t> groups_by_library(const passwd &user) {
  std::vector<gid_t> groups(256);
  int count = static_cast<int>(groups.size());
  REQUIRE(getgrouplist(user.pw_name, user.pw_gid, groups.data(), &count) > 0);
  groups.resize(static_cast<std::size_t>(count));
  return groups;
}

TEST_CASE("a user, and the user's groups, are those that the C library finds") {
  const std::string name = GENERATE("root", "nobody", "daemon", "games");
  const auto user = user_named(name);
  const passwd *expected = getpwnam(name.c_str());
  REQUIRE(user);
  REQUIRE(expected);
  CHECK(user->uid == expected->pw_uid);
  CHECK(user->gid == expected->pw_gid);
  CHECK(user->home == expected->pw_dir);
  CHECK(user->shell == expected->pw_shell);
  CHECK_THAT(groups_of(*user), Catch::Matchers::UnorderedEquals(groups_by_library(*expected)));
  CHECK(groups_of(*user).front() == user->gid);
  REQUIRE(user_with(user->uid));
  CHECK(user_with(user->uid)->name == name);
}

TEST_CASE("what is no user's name finds nobody") {
  for (const std::string name :
       {"", "0", "65534", "no-such-user", "no:body", "root:x", "--help", "-s", "*", "nobody\n"})
    CHECK_FALSE(user_named(name));
  CHECK_FALSE(user_with(87654321));
}

TEST_CASE("a group without a name is its number") {
  CHECK(name_of_group(0) == "root");
  CHECK(name_of_group(87654321) == "87654321");
}

}  // namespace
}  // namespace rusage_bpf::user_database_test
