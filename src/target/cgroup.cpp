#include "target/cgroup.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "proc/mounts.h"
#include "target/access.h"
#include "target/wrappers.h"

namespace rusage_bpf {
namespace {

namespace fs = std::filesystem;

// The first mount of cgroup v2; empty if there is none.
std::string mount_point() {
  for (const proc::Mount &mount : proc::mounts())
    if (mount.type == "cgroup2") return mount.directory;
  return {};
}

bool is_cgroup2(int directory) {
  struct statfs system {};
  return fstatfs(directory, &system) == 0 && system.f_type == CGROUP2_SUPER_MAGIC;
}

// The error names a directory that can be used. A machine with cgroup v1 and v2 may have the same name in both, as in
// /sys/fs/cgroup/cpu/NAME. Otherwise it is the mount of v2.
tl::unexpected<Error> not_cgroup2(const std::string &path) {
  const std::string mount = mount_point();
  if (mount.empty())
    return error(fmt::format("--cgroup {}: not a cgroup v2, and none is mounted; see: mount -t cgroup2", path));
  std::error_code ignored;
  std::string instead = mount;
  for (fs::path rest = fs::weakly_canonical(path, ignored).relative_path(); !rest.empty();
       rest = rest.lexically_relative(*rest.begin())) {
    if (rest == ".") break;
    if (fs::is_directory(fs::path(mount) / rest, ignored)) {
      instead = fs::path(mount) / rest;
      break;
    }
  }
  return error(fmt::format("--cgroup {}: not a directory of cgroup v2; one that is: {}", path, instead));
}

Result<void> check_may_trace_all(const std::string &path) {
  if (may_trace_all()) return {};
  std::error_code failure;
  fs::recursive_directory_iterator entry(path, failure);
  for (; !failure && entry != fs::end(entry); entry.increment(failure)) {
    if (entry->path().filename() != "cgroup.procs") continue;
    std::ifstream processes(entry->path());
    for (pid_t pid = 0; processes >> pid;)
      if (auto allowed = check_may_trace(pid); !allowed) return allowed;
  }
  if (failure) return errno_error("reading its processes", failure.value());
  return {};
}

}  // namespace

Result<Cgroup> Cgroup::find(const std::string &path) {
  Fd directory(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory && errno != ENOENT && errno != ENOTDIR) return errno_error(fmt::format("--cgroup {}", path));
  if (!directory || !is_cgroup2(directory.get())) return not_cgroup2(path);
  struct stat status {};
  if (fstat(directory.get(), &status) != 0) return errno_error(fmt::format("--cgroup {}", path));
  return Cgroup(path, std::move(directory), status.st_ino);
}

Result<void> Cgroup::check_may_trace() const {
  if (auto allowed = check_may_trace_all(path_); !allowed)
    return error(fmt::format("--cgroup {}: {}", path_, allowed.error().message));
  return {};
}

Selection Cgroup::selection() const {
  return selected::Cgroup{.path = path_, .id = id_, .excluded = recorder_and_wrappers()};
}

Result<std::optional<Ended>> Cgroup::handle(const Signal &signal) {
  return ended_by_signal(signal);
}

std::optional<Ended> Cgroup::end_in(const Snapshot &) {
  const bool exists = faccessat(directory_.get(), "cgroup.procs", F_OK, 0) == 0;
  if (exists || (errno != ENOENT && errno != ENODEV)) return std::nullopt;
  return Ended{.by = EndReason::cgroup, .exit = {}, .kernel = {}};
}

}  // namespace rusage_bpf
