#include "proc/oom_kills.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "proc/mounts.h"
#include "proc/text.h"

namespace rusage_bpf::proc {
namespace {

bool has_word(std::string_view list, std::string_view word) {
  const std::string all = fmt::format(",{},", list);
  return all.find(fmt::format(",{},", word)) != std::string::npos;
}

// Where the memory cgroups of v1, or the cgroups of v2, are mounted.
std::string mount_of(bool v1) {
  for (const Mount &mount : mounts())
    if (v1 ? mount.type == "cgroup" && has_word(mount.options, "memory") : mount.type == "cgroup2")
      return mount.directory;
  return {};
}

// Finds the file for a `path` of /proc/PID/cgroup. In a container, the mount may start at any cgroup below the root, so
// leading parts of the path may have to be left out.
std::string file_in(const std::string &mount, std::string_view path, const char *file) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  for (fs::path rest = fs::path(path).relative_path();; rest = rest.lexically_relative(*rest.begin())) {
    const bool is_mount = rest.empty() || rest == ".";
    const fs::path candidate = (is_mount ? fs::path(mount) : fs::path(mount) / rest) / file;
    if (fs::exists(candidate, ignored)) return candidate;
    if (is_mount) return {};
  }
}

// The file with the kills in the cgroup of a process.
std::string file_of(pid_t pid) {
  std::ifstream list(fmt::format("/proc/{}/cgroup", pid));
  std::string v2;
  // NUMBER:CONTROLLERS:PATH. The path may have colons.
  for (std::string line; std::getline(list, line);) {
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string_view controllers(line.data() + first + 1, second - first - 1);
    const std::string path = line.substr(second + 1);
    if (has_word(controllers, "memory")) return file_in(mount_of(true), path, "memory.oom_control");
    if (controllers.empty()) v2 = path;
  }
  return v2.empty() ? "" : file_in(mount_of(false), v2, "memory.events");
}

}  // namespace

std::optional<std::uint64_t> parse_oom_kills(std::string_view text) {
  constexpr std::string_view name = "oom_kill ";
  for (std::size_t at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1))
    if (at == 0 || text[at - 1] == '\n') return parse_number(text.substr(at + name.size()));
  return std::nullopt;
}

OomKills::OomKills(const std::string &path)
    : file_(path.empty() ? -1 : open(path.c_str(), O_RDONLY | O_CLOEXEC)), before_(read()) {}

OomKills OomKills::of_process(pid_t pid) {
  return OomKills(file_of(pid));
}

OomKills OomKills::of_cgroup(const std::string &directory) {
  return OomKills(directory + "/memory.events");
}

OomKills OomKills::of_machine() {
  return OomKills("/proc/vmstat");
}

std::optional<std::uint64_t> OomKills::read() const {
  std::array<char, 16384> text{};
  const ssize_t length = file_ ? pread(file_.get(), text.data(), text.size(), 0) : -1;
  if (length <= 0) return std::nullopt;
  return parse_oom_kills({text.data(), static_cast<std::size_t>(length)});
}

std::optional<std::uint64_t> OomKills::count() const {
  const auto now = read();
  if (!before_ || !now || *now < *before_) return std::nullopt;
  return *now - *before_;
}

}  // namespace rusage_bpf::proc
