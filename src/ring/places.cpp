#include "ring/places.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <optional>

#include "os/caller.h"
#include "os/user.h"

namespace rusage_bpf {
namespace {

constexpr auto temporary_directory = "/tmp";
constexpr auto suffix = ".ring";

std::string temporary_prefix() {
  return fmt::format("rusage-bpf-{}-", caller().uid);
}

std::optional<std::string> absolute_from_environment(const char *name) {
  const char *const value = std::getenv(name);
  return value && value[0] == '/' ? std::optional<std::string>(value) : std::nullopt;
}

// Under sudo HOME may be root's; the user database knows better.
std::optional<std::string> home() {
  const Caller user = caller();
  if (user.uid == geteuid())
    if (auto home = absolute_from_environment("HOME")) return home;
  return home_of(user.uid);
}

std::optional<std::string> state_directory() {
  if (auto state = absolute_from_environment("XDG_STATE_HOME")) return *state + "/rusage-bpf";
  if (auto at_home = home()) return *at_home + "/.local/state/rusage-bpf";
  return std::nullopt;
}

// For the user alone, as the XDG base directory specification has it.
void make_directories(const std::string &path) {
  const AsCaller as_caller;
  for (std::size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
    mkdir(path.substr(0, slash).c_str(), 0700);
    if (slash == std::string::npos) return;
  }
}

void add_files(const std::string &directory, const std::string &prefix,
               std::vector<std::string> &paths) {
  std::error_code none;
  for (const auto &entry : std::filesystem::directory_iterator(directory, none)) {
    const std::string name = entry.path().filename();
    struct stat status {};
    if (name.starts_with(prefix) && name.ends_with(suffix) &&
        lstat(entry.path().c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
        status.st_uid == caller().uid)
      paths.push_back(entry.path());
  }
}

}  // namespace

std::vector<std::string> new_ring_paths() {
  const std::string name =
      fmt::format("{:%Y%m%dT%H%M%SZ}-{}{}", fmt::gmtime(std::time(nullptr)), getpid(), suffix);
  std::vector<std::string> paths;
  if (const auto directory = state_directory()) {
    make_directories(*directory);
    paths.push_back(*directory + "/" + name);
  }
  paths.push_back(fmt::format("{}/{}{}", temporary_directory, temporary_prefix(), name));
  return paths;
}

std::vector<std::string> possible_ring_paths() {
  const AsCaller as_caller;
  std::vector<std::string> paths;
  if (const auto directory = state_directory()) add_files(*directory, "", paths);
  add_files(temporary_directory, temporary_prefix(), paths);
  return paths;
}

}  // namespace rusage_bpf
