#include "target/environment.h"

#include <fmt/format.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <sstream>

#include "proc/text.h"

namespace rusage_bpf {
namespace {

bool has_name(std::string_view entry, std::string_view name) {
  return entry.size() > name.size() && entry.starts_with(name) && entry[name.size()] == '=';
}

// The kernel's copy, in the memory of this process. /proc/self/environ is the same, but only root can open it if an
// exec gave privileges.
std::optional<std::string_view> block_of_kernel() {
  std::ostringstream text;
  text << std::ifstream("/proc/self/stat").rdbuf();
  const std::string line = std::move(text).str();
  const auto stat = proc::parse_stat(line);
  if (!stat || stat->environment_begin == 0 || stat->environment_end < stat->environment_begin) return std::nullopt;
  // NOLINTNEXTLINE(performance-no-int-to-ptr): the kernel returns addresses of this process as numbers
  return std::string_view(reinterpret_cast<const char *>(stat->environment_begin),
                          stat->environment_end - stat->environment_begin);
}

bool exec_gave_privileges() {
  return getauxval(AT_SECURE) != 0;
}

}  // namespace

Environment Environment::given() {
  std::vector<std::string> entries;
  if (auto block = exec_gave_privileges() ? block_of_kernel() : std::nullopt) {
    while (!block->empty()) {
      const std::size_t length = std::min(block->find('\0'), block->size());
      entries.emplace_back(block->substr(0, length));
      block->remove_prefix(std::min(length + 1, block->size()));
    }
    return Environment(std::move(entries));
  }
  for (char **entry = environ; entry && *entry; entry++) entries.emplace_back(*entry);
  return Environment(std::move(entries));
}

void restore_stack_limit() {
  if (!exec_gave_privileges()) return;
  rlimit own{};
  rlimit given{};
  if (getrlimit(RLIMIT_STACK, &own) != 0 || prlimit(getppid(), RLIMIT_STACK, nullptr, &given) != 0 ||
      given.rlim_cur <= own.rlim_cur)
    return;
  own.rlim_cur = std::min(given.rlim_cur, own.rlim_max);
  setrlimit(RLIMIT_STACK, &own);
}

void Environment::remove(std::string_view name) {
  std::erase_if(entries_, [&](const std::string &entry) { return has_name(entry, name); });
}

void Environment::set(std::string_view name, const std::string &value) {
  remove(name);
  entries_.push_back(fmt::format("{}={}", name, value));
}

void Environment::set_user(const User &user) {
  std::erase_if(entries_, [](const std::string &entry) { return entry.starts_with("SUDO_"); });
  for (const char *name : {"DOAS_USER", "PKEXEC_UID"}) remove(name);
  set("HOME", user.home);
  set("USER", user.name);
  set("LOGNAME", user.name);
  set("SHELL", user.shell);
}

}  // namespace rusage_bpf
