#include "ring/default_directories.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <optional>

#include "os/caller.h"
#include "os/clock.h"
#include "os/user.h"
#include "ring/file.h"

namespace rusage_bpf {
namespace {

constexpr auto temporary_directory = "/tmp";
constexpr auto suffix = ".ring";

// A directory for rings, and the start of their names there.
struct DefaultDirectory {
  std::string path;
  std::string prefix;
  std::string parent;  // a directory above it that must exist already
};

std::optional<std::string> absolute_from_environment(const char *name) {
  const char *const value = std::getenv(name);
  return value && value[0] == '/' ? std::optional<std::string>(value) : std::nullopt;
}

// Under sudo, HOME may be root's, so the user database is used. A user without a home has / there.
std::optional<std::string> home() {
  const Caller user = caller();
  std::optional<std::string> home;
  if (user.uid == geteuid()) home = absolute_from_environment("HOME");
  const auto is_none = [](const std::string &path) { return path.find_first_not_of('/') == std::string::npos; };
  if (!home || is_none(*home)) home = home_of(user.uid);
  return home && !is_none(*home) ? home : std::nullopt;
}

// The user's own, as in the XDG base directory specification. sudo removes the variable.
std::optional<std::string> runtime_directory() {
  const uid_t uid = caller().uid;
  auto directory = absolute_from_environment("XDG_RUNTIME_DIR");
  if (!directory || uid != geteuid()) directory = fmt::format("/run/user/{}", uid);
  struct stat status {};
  const bool is_own = stat(directory->c_str(), &status) == 0 && status.st_uid == uid;
  return is_own ? directory : std::nullopt;
}

std::vector<DefaultDirectory> default_directories() {
  constexpr auto own = "/rusage-bpf";
  std::vector<DefaultDirectory> directories;
  if (const auto state = absolute_from_environment("XDG_STATE_HOME")) directories.push_back({*state + own, "", ""});
  if (const auto at_home = home()) directories.push_back({*at_home + "/.local/state" + own, "", *at_home});
  if (const auto runtime = runtime_directory()) directories.push_back({*runtime + own, "", *runtime});
  directories.push_back({temporary_directory, fmt::format("rusage-bpf-{}-", caller().uid), temporary_directory});
  const auto again = std::unique(directories.begin(), directories.end(),
                                 [](const DefaultDirectory &a, const DefaultDirectory &b) { return a.path == b.path; });
  directories.erase(again, directories.end());
  return directories;
}

// Only for the user, as that specification says.
void make_directory(const DefaultDirectory &directory) {
  const AsCaller as_caller;
  if (!directory.parent.empty() && access(directory.parent.c_str(), F_OK) != 0) return;
  for (std::size_t slash = directory.path.find('/', 1);; slash = directory.path.find('/', slash + 1)) {
    mkdir(directory.path.substr(0, slash).c_str(), 0700);
    if (slash == std::string::npos) return;
  }
}

std::string short_boot_id() {
  std::string id;
  std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), id);
  return id.empty() ? "0" : id.substr(0, id.find('-'));
}

// 64 random bits in hexadecimal.
std::string random_text() {
  std::uint64_t random = 0;
  if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != sizeof(random))
    random = monotonic_ns();  // early after boot; the rest of the name is unique enough
  return fmt::format("{:016x}", random);
}

// The time, and which recorder: two may have the same pid in different pid namespaces, boots and machines.
std::string new_name() {
  struct stat pid_namespace {};
  stat("/proc/self/ns/pid", &pid_namespace);
  return fmt::format("{:%Y%m%dT%H%M%SZ}-{}-{}-{}-{}{}", fmt::gmtime(std::time(nullptr)), short_boot_id(),
                     pid_namespace.st_ino, getpid(), random_text(), suffix);
}

void add_rings(const DefaultDirectory &directory, std::vector<PossibleRing> &rings) {
  std::error_code failure;
  std::filesystem::directory_iterator entry(directory.path, failure);
  for (const std::filesystem::directory_iterator end; !failure && entry != end; entry.increment(failure)) {
    const std::string name = entry->path().filename();
    const bool unfinished = is_unfinished_name(name);
    const bool has_ring_name = unfinished ? name.starts_with("." + directory.prefix)
                                          : name.starts_with(directory.prefix) && name.ends_with(suffix);
    struct stat status {};
    if (has_ring_name && lstat(entry->path().c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
        status.st_uid == caller().uid)
      rings.push_back({entry->path(), unfinished});
  }
}

}  // namespace

std::vector<std::string> new_ring_paths() {
  const std::string name = new_name();
  std::vector<std::string> paths;
  for (const DefaultDirectory &directory : default_directories()) {
    make_directory(directory);
    paths.push_back(fmt::format("{}/{}{}", directory.path, directory.prefix, name));
  }
  return paths;
}

std::vector<PossibleRing> possible_rings() {
  const AsCaller as_caller;
  std::vector<PossibleRing> rings;
  for (const DefaultDirectory &directory : default_directories()) add_rings(directory, rings);
  return rings;
}

}  // namespace rusage_bpf
