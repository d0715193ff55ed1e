#include "os/ancestors.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>

namespace rusage_bpf {
namespace {

std::vector<std::string> read_argv(const std::string &process) {
  std::ifstream text(fmt::format("/proc/{}/cmdline", process));
  std::vector<std::string> argv;
  for (std::string argument; std::getline(text, argument, '\0');) argv.push_back(argument);
  return argv;
}

struct Found {
  Ancestor ancestor;
  pid_t parent = 0;
};

// Nothing if it is gone or hidden.
std::optional<Found> find(pid_t pid) {
  Found found;
  found.ancestor.pid = pid;
  std::ifstream status(fmt::format("/proc/{}/status", pid));
  bool named = false;
  for (std::string line; std::getline(status, line);) {
    std::istringstream words(line);
    std::string name;
    words >> name;
    if (name == "Name:") named = static_cast<bool>(words >> found.ancestor.comm);
    if (name == "PPid:") words >> found.parent;
    if (name == "Uid:") words >> found.ancestor.real_uid >> found.ancestor.effective_uid;
    if (name == "Gid:") words >> found.ancestor.real_gid;
  }
  if (!named) return std::nullopt;
  found.ancestor.argv = read_argv(std::to_string(pid));
  return found;
}

}  // namespace

std::string Ancestor::program() const {
  if (argv.empty()) return comm;
  std::string_view name = argv.front();
  name.remove_prefix(name.rfind('/') + 1);  // npos + 1 is 0
  if (name.starts_with('-')) name.remove_prefix(1);
  return std::string(name);
}

bool Ancestor::is_shell() const {
  constexpr std::array<std::string_view, 10> shells{"sh",  "bash", "dash", "ash",  "ksh",
                                                    "zsh", "mksh", "fish", "tcsh", "csh"};
  return std::find(shells.begin(), shells.end(), program()) != shells.end();
}

std::string Ancestor::shell_text() const {
  if (!is_shell()) return {};
  for (std::size_t i = 1; i + 1 < argv.size(); i++) {
    if (!argv[i].starts_with('-')) break;
    if (!argv[i].starts_with("--") && argv[i].ends_with('c')) return argv[i + 1];
  }
  return {};
}

std::vector<Ancestor> ancestors() {
  constexpr std::size_t max_ancestors = 1000;  // a pid that is used again during the loop must not make it endless
  std::vector<Ancestor> list;
  for (pid_t pid = getppid(); pid > 0 && list.size() < max_ancestors;) {
    auto found = find(pid);
    if (!found) break;
    list.push_back(std::move(found->ancestor));
    pid = found->parent;
  }
  return list;
}

std::vector<std::string> own_argv() {
  return read_argv("self");
}

}  // namespace rusage_bpf
