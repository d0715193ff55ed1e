#include "os/user_database.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <fstream>
#include <functional>
#include <map>
#include <mutex>
#include <sstream>

#include "os/fd.h"

namespace rusage_bpf {
namespace {

// Not by PATH, which is the user's.
const char *getent_path() {
  for (const char *path : {"/usr/bin/getent", "/bin/getent"})
    if (access(path, X_OK) == 0) return path;
  return nullptr;
}

std::string read_all(int fd) {
  std::string text;
  std::array<char, 4096> part{};
  for (;;) {
    const ssize_t count = read(fd, part.data(), part.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return text;
    text.append(part.data(), static_cast<std::size_t>(count));
  }
}

// Starts it without the signal mask, the variables and the standard input of this process.
std::optional<pid_t> start_getent(const char *database, const char *key, int output) {
  const char *const path = getent_path();
  if (!path) return std::nullopt;
  const std::array<const char *, 5> arguments{"getent", "--", database, key, nullptr};
  const std::array<char *, 1> no_variables{};
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  sigset_t no_signals;
  sigemptyset(&no_signals);
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  posix_spawnattr_setsigmask(&attributes, &no_signals);
  pid_t pid = 0;
  const int failure =
      posix_spawn(&pid, path, &actions, &attributes, const_cast<char *const *>(arguments.data()), no_variables.data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return failure == 0 ? std::optional(pid) : std::nullopt;
}

// What getent prints; empty if it does not know the key, or the database, or is not there.
std::string getent(const char *database, const std::string &key) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return {};
  const Fd output(ends[0]);
  Fd input(ends[1]);
  const auto pid = start_getent(database, key.c_str(), input.get());
  input.reset();
  if (!pid) return {};
  std::string text = read_all(output.get());
  while (waitpid(*pid, nullptr, 0) < 0 && errno == EINTR) continue;
  return text;
}

std::vector<std::string> split(const std::string &line, char separator) {
  std::vector<std::string> fields;
  std::istringstream rest(line);
  for (std::string field; std::getline(rest, field, separator);) fields.push_back(field);
  return fields;
}

std::optional<std::uint32_t> number(const std::string &text) {
  std::uint32_t value = 0;
  const char *const end = text.data() + text.size();
  const auto [rest, failure] = std::from_chars(text.data(), end, value);
  if (text.empty() || failure != std::errc() || rest != end) return std::nullopt;
  return value;
}

// The last field may be missing: see passwd(5).
std::optional<UserEntry> parse_user(const std::string &line) {
  auto fields = split(line, ':');
  if (fields.size() == 6) fields.emplace_back();
  if (fields.size() != 7) return std::nullopt;
  const auto uid = number(fields[2]);
  const auto gid = number(fields[3]);
  if (!uid || !gid) return std::nullopt;
  return UserEntry{.name = fields[0], .uid = *uid, .gid = *gid, .home = fields[5], .shell = fields[6]};
}

using Matches = std::function<bool(const UserEntry &)>;

std::optional<UserEntry> first_match(std::istream &lines, const Matches &matches) {
  for (std::string line; std::getline(lines, line);)
    if (auto user = parse_user(line); user && matches(*user)) return user;
  return std::nullopt;
}

std::optional<UserEntry> look_up(const std::string &key, const Matches &matches) {
  std::ifstream file("/etc/passwd");
  if (auto user = first_match(file, matches)) return user;
  std::istringstream others(getent("passwd", key));
  return first_match(others, matches);
}

// A line has a user's name and numbers of groups.
std::vector<gid_t> groups_by_getent(const std::string &name) {
  std::istringstream words(getent("initgroups", name));
  std::vector<gid_t> groups;
  std::string word;
  if (!(words >> word) || word != name) return groups;
  while (words >> word)
    if (const auto gid = number(word)) groups.push_back(*gid);
  return groups;
}

// A line of /etc/group.
struct GroupEntry {
  std::string name;
  gid_t gid = 0;
  std::vector<std::string> members;
};

// The last field is missing if there are no members.
std::optional<GroupEntry> parse_group(const std::string &line) {
  const auto fields = split(line, ':');
  if (fields.size() < 3 || fields.size() > 4) return std::nullopt;
  const auto gid = number(fields[2]);
  if (!gid) return std::nullopt;
  return GroupEntry{fields[0], *gid, fields.size() == 4 ? split(fields[3], ',') : std::vector<std::string>()};
}

std::vector<gid_t> groups_by_file(const std::string &name) {
  std::ifstream file("/etc/group");
  std::vector<gid_t> groups;
  for (std::string line; std::getline(file, line);) {
    const auto group = parse_group(line);
    if (group && std::find(group->members.begin(), group->members.end(), name) != group->members.end())
      groups.push_back(group->gid);
  }
  return groups;
}

std::optional<std::string> name_in(std::istream &lines, gid_t gid) {
  for (std::string line; std::getline(lines, line);)
    if (const auto group = parse_group(line); group && group->gid == gid) return group->name;
  return std::nullopt;
}

// Answers are kept: each may cost a process, and a recorder that waits for its command's processes is to have no
// others then.
template <typename Key, typename Answer, typename Find>
Answer once(const Key &key, const Find &find) {
  static std::mutex mutex;
  static std::map<Key, Answer> known;
  const std::lock_guard lock(mutex);
  const auto found = known.find(key);
  return found != known.end() ? found->second : known.emplace(key, find()).first->second;
}

}  // namespace

std::optional<UserEntry> user_named(const std::string &name) {
  // getent would look up a number as a user id.
  return once<std::string, std::optional<UserEntry>>(
      name, [&] { return look_up(name, [&](const UserEntry &user) { return user.name == name; }); });
}

std::optional<UserEntry> user_with(uid_t uid) {
  return once<uid_t, std::optional<UserEntry>>(
      uid, [&] { return look_up(std::to_string(uid), [&](const UserEntry &user) { return user.uid == uid; }); });
}

std::vector<gid_t> groups_of(const UserEntry &user) {
  return once<std::pair<std::string, gid_t>, std::vector<gid_t>>({user.name, user.gid}, [&] {
    auto others = groups_by_getent(user.name);
    if (others.empty()) others = groups_by_file(user.name);
    std::vector<gid_t> groups{user.gid};
    for (const gid_t gid : others)
      if (std::find(groups.begin(), groups.end(), gid) == groups.end()) groups.push_back(gid);
    return groups;
  });
}

std::string name_of_group(gid_t gid) {
  std::ifstream file("/etc/group");
  if (auto name = name_in(file, gid)) return *name;
  std::istringstream others(getent("group", std::to_string(gid)));
  return name_in(others, gid).value_or(std::to_string(gid));
}

bool has_getent() {
  return getent_path() != nullptr;
}

}  // namespace rusage_bpf
