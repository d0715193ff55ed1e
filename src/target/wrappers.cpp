#include "target/wrappers.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <string_view>

namespace rusage_bpf {
namespace {

std::string_view base(std::string_view path) {
  return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

// Some wrappers replace the program's name by its path.
bool is_given(const std::vector<std::string> &words, const std::vector<std::string> &argv) {
  if (argv.empty() || words.size() <= argv.size()) return false;
  const auto from = words.end() - static_cast<std::ptrdiff_t>(argv.size());
  return base(*from) == base(argv.front()) && std::equal(from + 1, words.end(), argv.begin() + 1);
}

// In `sh -c TEXT`, the shell only waits for the recorder if TEXT ends with its command line. Other shells and scripts
// may start other programs later, which must not be excluded.
bool shell_only_waits(const Ancestor &shell, const std::vector<std::string> &argv) {
  const std::string text = shell.shell_text();
  return text.ends_with(fmt::format("{}", fmt::join(argv, " ")));
}

bool is_privilege_program(const Ancestor &ancestor) {
  constexpr std::array<std::string_view, 4> names{"sudo", "doas", "su", "pkexec"};
  return std::find(names.begin(), names.end(), ancestor.comm) != names.end();
}

// True if it is not known: /proc/PID/task/TID/children needs a kernel option.
bool has_other_children(const Ancestor &ancestor) {
  std::ifstream text(fmt::format("/proc/{0}/task/{0}/children", ancestor.pid));
  int count = 0;
  for (pid_t pid = 0; text >> pid;) count++;
  return count != 1;
}

}  // namespace

std::size_t count_wrappers(const std::vector<Ancestor> &ancestors, const std::vector<std::string> &argv,
                           bool (*has_other_children)(const Ancestor &)) {
  std::size_t count = 0;
  for (const Ancestor &ancestor : ancestors) {
    if (ancestor.pid == 1) break;
    const bool given = ancestor.is_shell() ? shell_only_waits(ancestor, argv) && !has_other_children(ancestor)
                                           : is_given(ancestor.argv, argv);
    if (!given && !is_privilege_program(ancestor)) break;
    count++;
  }
  return count;
}

std::vector<pid_t> recorder_and_wrappers(std::optional<pid_t> root) {
  auto above = ancestors();
  above.erase(std::find_if(above.begin(), above.end(), [&](const Ancestor &ancestor) { return ancestor.pid == root; }),
              above.end());
  above.resize(count_wrappers(above, own_argv(), has_other_children));
  std::vector<pid_t> pids{getpid()};
  for (const Ancestor &wrapper : above) pids.push_back(wrapper.pid);
  return pids;
}

}  // namespace rusage_bpf
