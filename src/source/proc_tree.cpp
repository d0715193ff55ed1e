// Who is of what a ProcSource looks at.
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

// Somebody has this number, though /proc does not show it to us.
bool is_hidden(pid_t pid) {
  return kill(pid, 0) == 0 || errno == EPERM;
}

}  // namespace

ProcSource::Member *ProcSource::find(pid_t pid) const {
  const auto found = by_pid_.find(pid);
  return found == by_pid_.end() ? nullptr : found->second;
}

// Makes a process a member and looks at it. Nothing where there is none, or where it is not to be one.
ProcSource::Member *ProcSource::admit(pid_t pid) {
  if (excluded_.contains(pid) || by_pid_.contains(pid)) return nullptr;
  auto process = ProcMember::open(proc_.get(), pid, may_hold_directory());
  if (!process) {
    if (is_hidden(pid)) unreadable_.insert(pid);
    return nullptr;
  }
  auto member = std::make_unique<Member>(*std::move(process));
  look_at(*member);
  if (!member->process.was_seen()) {
    if (member->process.state() == ProcMember::State::hidden) unreadable_.insert(pid);
    return nullptr;
  }
  member->has_waited = false;  // before we came
  new_tasks_seen_++;
  // Whoever was there before the look before this one has come to the cgroup; others were born in it.
  constexpr std::uint64_t clock_tick_ns = 10'000'000;
  const std::uint64_t age_ns = clock_ns(CLOCK_BOOTTIME) - member->process.start_ns();
  if (of_cgroup() && age_ns > monotonic_ns() - last_look_ns_ + clock_tick_ns) {
    member->before = member->process.used();
    member->came_from_elsewhere = true;
  }
  member->span = ++spans_;
  tell_birth(*member, find(member->process.parent()));
  by_pid_.emplace(pid, member.get());
  return members_.emplace_back(std::move(member)).get();
}

void ProcSource::find_new_members() {
  const std::size_t before = members_.size();
  if (of_cgroup())
    find_in_cgroup();
  else if (new_tasks_.none_recently(now_ns_))
    return;
  else if (has_children_lists_)
    find_children();
  else
    find_by_parents();
  if (members_.size() > before)
    std::stable_sort(members_.begin(), members_.end(),
                     [](const auto &a, const auto &b) { return a->process.start_ns() < b->process.start_ns(); });
}

// What else has the same parent by now is none of the command's orphans: the command stands still. Until its parent
// waits for it, no other process has its number.
void ProcSource::exclude_siblings_of(pid_t pid) {
  std::vector<pid_t> siblings;
  if (const auto list = has_children_lists_ ? reader_.list(proc_.get(), own_children_.c_str()) : std::nullopt) {
    proc::parse_pids(*list, siblings);
  } else if (const auto all = reader_.numbers_in(proc_.get(), ".")) {
    const std::vector<pid_t> pids(all->begin(), all->end());
    for (const pid_t one : pids) {
      const auto text = reader_.file(proc_.get(), proc::Path("", one, "/stat").c_str());
      const auto stat = text ? proc::parse_stat(*text) : std::nullopt;
      if (stat && stat->parent == adopter_) siblings.push_back(one);
    }
  }
  for (const pid_t one : siblings)
    if (one != pid) excluded_.insert(one);
}

void ProcSource::find_children() {
  pids_.clear();
  if (!own_children_.empty())
    if (const auto list = reader_.list(proc_.get(), own_children_.c_str())) proc::parse_pids(*list, pids_);
  for (std::size_t i = 0;; i++) {
    for (const pid_t pid : pids_) admit(pid);
    // Those that were added just now have children as well.
    if (i == members_.size()) return;
    pids_.clear();
    if (!members_[i]->process.live()) continue;
    members_[i]->process.add_children(reader_, pids_);
    members_[i]->process.close_directory();
  }
}

// Where the kernel keeps no lists of children (CONFIG_PROC_CHILDREN), every process of the machine is asked for its
// parent.
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
  const pid_t adopter = own_children_.empty() ? 0 : adopter_;
  for (std::size_t before = others.size() + 1; others.size() < before;) {
    before = others.size();
    std::erase_if(others, [&](const Kinship &one) {
      const bool is_ours = one.parent == adopter || find(one.parent) != nullptr;
      if (is_ours) admit(one.pid);
      return is_ours;
    });
  }
}

// Two descriptors are held open for each process, as long as there are enough: more than the limit that we were given
// is taken where it is needed, and a part is left for everything else.
bool ProcSource::may_hold_directory() {
  constexpr std::uint64_t for_all_else = 40;
  const auto that_fit = [&] {
    const std::uint64_t limit = descriptor_limit();
    return (limit - std::min(limit, for_all_else)) / 2;
  };
  const std::uint64_t held = members_.size() + gone_.size();
  if (held >= directories_) directories_ = that_fit();
  if (held >= directories_ && raise_descriptor_limit()) directories_ = that_fit();
  return held < directories_;
}

// A threaded cgroup has threads of processes that are elsewhere as well.
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

// Adds the numbers of its processes to `pids_`; 0, or what prevents that. The kernel gives a 0 for each process of
// another pid namespace.
int ProcSource::list_cgroup(int directory) {
  const auto list = reader_.list(directory, "cgroup.procs");
  if (!list) return errno;
  unnumbered_ += proc::parse_pids(*list, pids_);
  return 0;
}

// Members are listed in the cgroup or below it; those that are elsewhere now have moved out. Where the list of one
// cannot be read, it is not known who has. Threaded ones have no such list: their processes stand in that of the one
// above.
void ProcSource::find_in_cgroup() {
  pids_.clear();
  unnumbered_ = 0;
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
  without_number_ = std::max(without_number_, unnumbered_);
  const std::set<pid_t> there(pids_.begin(), pids_.end());
  for (const pid_t pid : there) admit(pid);
  if (!complete) return;
  for (const auto &member : members_)
    member->moved_out = member->process.live() && !there.contains(member->process.pid());
}

}  // namespace rusage_bpf
