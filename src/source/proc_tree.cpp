// Which processes belong to the target of a ProcSource.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <filesystem>

#include "os/clock.h"
#include "os/descriptor_limit.h"
#include "proc/text.h"
#include "source/proc_source.h"

namespace rusage_bpf {
namespace {

// Whether a process exists that /proc did not show.
bool is_hidden(pid_t pid) {
  return kill(pid, 0) == 0 || errno == EPERM;
}

}  // namespace

ProcSource::Tracked *ProcSource::find(pid_t pid) const {
  const auto found = by_pid_.find(pid);
  return found == by_pid_.end() ? nullptr : found->second;
}

// Tracks and polls a process. Null if it is excluded, tracked already or cannot be read.
ProcSource::Tracked *ProcSource::track_process(pid_t pid) {
  if (excluded_.contains(pid) || by_pid_.contains(pid)) return nullptr;
  auto process = ProcProcess::open(proc_.get(), pid, may_hold_directory());
  if (!process) {
    if (is_hidden(pid)) unreadable_.insert(pid);
    return nullptr;
  }
  auto tracked = std::make_unique<Tracked>(*std::move(process));
  poll(*tracked);
  if (!tracked->process.was_read()) {
    if (tracked->process.state() == ProcProcess::State::hidden) unreadable_.insert(pid);
    return nullptr;
  }
  tracked->has_reaped = false;  // that was before it was tracked
  new_tasks_found_++;
  // A process that is older than the last poll moved into the cgroup. A younger one was forked in it.
  constexpr std::uint64_t clock_tick_ns = 10'000'000;
  const std::uint64_t age_ns = clock_ns(CLOCK_BOOTTIME) - tracked->process.start_ns();
  if (of_cgroup() && age_ns > monotonic_ns() - last_poll_ns_ + clock_tick_ns) {
    tracked->usage_before = tracked->process.usage();
    tracked->moved_in = true;
  }
  tracked->record = ++last_record_;
  report_fork(*tracked, find(tracked->process.parent()));
  by_pid_.emplace(pid, tracked.get());
  return tracked_.emplace_back(std::move(tracked)).get();
}

void ProcSource::find_new_processes() {
  const std::size_t before = tracked_.size();
  if (of_cgroup())
    find_in_cgroup();
  else if (new_tasks_.none_recently(now_ns_))
    return;
  else if (has_children_lists_)
    find_children();
  else
    find_by_parents();
  if (tracked_.size() > before)
    std::stable_sort(tracked_.begin(), tracked_.end(),
                     [](const auto &a, const auto &b) { return a->process.start_ns() < b->process.start_ns(); });
}

// The command is not running yet, so other children of its parent are not its orphans. Their pids are not used again
// before the parent has reaped them.
void ProcSource::exclude_siblings_of(pid_t pid) {
  std::vector<pid_t> siblings;
  if (const auto list = has_children_lists_ ? reader_.list(proc_.get(), command_and_orphans_.c_str()) : std::nullopt) {
    proc::parse_pids(*list, siblings);
  } else if (const auto all = reader_.numbers_in(proc_.get(), ".")) {
    const std::vector<pid_t> pids(all->begin(), all->end());
    for (const pid_t sibling : pids) {
      const auto text = reader_.file(proc_.get(), proc::Path("", sibling, "/stat").c_str());
      const auto stat = text ? proc::parse_stat(*text) : std::nullopt;
      if (stat && stat->parent == orphan_reaper_) siblings.push_back(sibling);
    }
  }
  for (const pid_t sibling : siblings)
    if (sibling != pid) excluded_.insert(sibling);
}

void ProcSource::find_children() {
  pids_.clear();
  if (!command_and_orphans_.empty())
    if (const auto list = reader_.list(proc_.get(), command_and_orphans_.c_str())) proc::parse_pids(*list, pids_);
  for (std::size_t i = 0;; i++) {
    for (const pid_t pid : pids_) track_process(pid);
    // The new ones may have children too.
    if (i == tracked_.size()) return;
    pids_.clear();
    if (!tracked_[i]->process.is_live()) continue;
    tracked_[i]->process.add_children(reader_, pids_);
    tracked_[i]->process.close_directory();
  }
}

// A kernel without lists of children (CONFIG_PROC_CHILDREN) needs this: it reads the parent of every process on the
// machine.
void ProcSource::find_by_parents() {
  struct Kinship {
    pid_t pid;
    pid_t parent;
  };
  const auto all = reader_.numbers_in(proc_.get(), ".");
  if (!all) return;
  pids_.assign(all->begin(), all->end());
  std::vector<Kinship> others;
  for (const pid_t pid : pids_) {
    if (by_pid_.contains(pid) || excluded_.contains(pid)) continue;
    const auto text = reader_.file(proc_.get(), proc::Path("", pid, "/stat").c_str());
    if (const auto stat = text ? proc::parse_stat(*text) : std::nullopt) others.push_back({pid, stat->parent});
  }
  const pid_t reaper = command_and_orphans_.empty() ? 0 : orphan_reaper_;
  for (std::size_t before = others.size() + 1; others.size() < before;) {
    before = others.size();
    std::erase_if(others, [&](const Kinship &other) {
      const bool is_child = other.parent == reaper || find(other.parent) != nullptr;
      if (is_child) track_process(other.pid);
      return is_child;
    });
  }
}

// Each process holds two descriptors while there are enough. The limit is raised if that is needed, and some
// descriptors are left for everything else.
bool ProcSource::may_hold_directory() {
  constexpr std::uint64_t reserved = 40;
  const auto max_processes = [&] {
    const std::uint64_t limit = descriptor_limit();
    return (limit - std::min(limit, reserved)) / 2;
  };
  const std::uint64_t held = tracked_.size() + gone_.size();
  if (held >= max_directories_) max_directories_ = max_processes();
  if (held >= max_directories_ && raise_descriptor_limit()) max_directories_ = max_processes();
  return held < max_directories_;
}

// A threaded cgroup is refused: it has only some threads of a process, and /proc cannot count these alone.
Result<void> ProcSource::open_cgroup(const std::string &path) {
  cgroup_directory_.reset(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!cgroup_directory_) return errno_error(fmt::format("--cgroup {}", path));
  const int failure = list_cgroup(cgroup_directory_.get());
  if (failure == EOPNOTSUPP)
    return error(
        fmt::format("--cgroup {}: is a threaded cgroup, which holds threads and not processes, and "
                    "/proc cannot tell what single threads use; give the cgroup above that holds "
                    "their processes, or record by BPF: sudo rusage-bpf ...",
                    path));
  if (failure != 0) return errno_error(fmt::format("--cgroup {}", path), failure);
  return {};
}

// Appends the pids in the cgroup to `pids_`. Returns 0, or errno on failure.
int ProcSource::list_cgroup(int directory) {
  const auto list = reader_.list(directory, "cgroup.procs");
  if (!list) return errno;
  foreign_pids_ += proc::parse_pids(*list, pids_);
  return 0;
}

// The processes in the cgroup or below it are tracked, and tracked processes that are not there have moved out. If a
// list cannot be read, it is not known which moved out. A threaded cgroup has no such list: its processes are in the
// list of the cgroup above it.
void ProcSource::find_in_cgroup() {
  pids_.clear();
  foreign_pids_ = 0;
  bool complete = true;
  const auto add_list = [&](int directory) {
    const int failure = list_cgroup(directory);
    const bool is_removed = failure == ENOENT || failure == ENODEV;
    const bool is_threaded = failure == EOPNOTSUPP && directory != cgroup_directory_.get();
    complete = complete && (failure == 0 || is_removed || is_threaded);
  };
  add_list(cgroup_directory_.get());
  namespace fs = std::filesystem;
  const std::string path = fmt::format("/proc/self/fd/{}", cgroup_directory_.get());
  std::error_code failure;
  for (fs::recursive_directory_iterator entry(path + "/", failure); !failure && entry != fs::end(entry);
       entry.increment(failure)) {
    if (!entry->is_directory(failure)) continue;
    const Fd opened(::open(entry->path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (opened) add_list(opened.get());
  }
  max_foreign_pids_ = std::max(max_foreign_pids_, foreign_pids_);
  const std::set<pid_t> there(pids_.begin(), pids_.end());
  for (const pid_t pid : there) track_process(pid);
  if (!complete) return;
  for (const auto &tracked : tracked_)
    tracked->moved_out = tracked->process.is_live() && !there.contains(tracked->process.pid());
}

}  // namespace rusage_bpf
