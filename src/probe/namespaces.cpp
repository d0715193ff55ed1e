#include "probe/namespaces.h"

#include <filesystem>
#include <string>

namespace rusage_bpf {

std::optional<bool> in_initial_namespace(const Roots &roots, Namespace which) {
  // The initial ones have fixed numbers (include/uapi/linux/nsfs.h).
  const bool user = which == Namespace::user;
  const std::string first = user ? "user:[4026531837]" : "pid:[4026531836]";
  std::error_code unreadable;
  const std::string own =
      std::filesystem::read_symlink(roots.proc + (user ? "/self/ns/user" : "/self/ns/pid"), unreadable);
  if (unreadable) return std::nullopt;
  return own == first;
}

Check pid_namespace_check(const Roots &roots) {
  constexpr auto name = "pid namespace";
  const auto first = in_initial_namespace(roots, Namespace::pid);
  if (!first) return {name, "unknown", Check::State::unknown};
  return {name, *first ? "the machine's own" : "one of its own: processes outside cannot be named"};
}

}  // namespace rusage_bpf
