// Who is of what a ProcSource looks at.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <filesystem>

#include "os/clock.h"
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
  if (left_out_.contains(pid) || by_pid_.contains(pid)) return nullptr;
  auto process = ProcMember::open(proc_.get(), pid);
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
  births_seen_++;
  // Whoever was there before the look before this one has come to the cgroup; others were born in it.
  constexpr std::uint64_t clock_tick_ns = 10'000'000;
  const std::uint64_t age_ns = clock_ns(CLOCK_BOOTTIME) - member->process.start_ns();
  if (!cgroup_.empty() && age_ns > monotonic_ns() - last_look_ns_ + clock_tick_ns)
    member->before = member->process.used();
  member->span = ++spans_;
  tell_birth(*member, find(member->process.parent()));
  by_pid_.emplace(pid, member.get());
  return members_.emplace_back(std::move(member)).get();
}

void ProcSource::find_new_members() {
  const std::size_t before = members_.size();
  if (!cgroup_.empty())
    find_in_cgroup();
  else if (births_.none_of_late(now_ns_))
    return;
  else if (has_children_lists_)
    find_children();
  else
    find_by_parents();
  if (members_.size() > before)
    std::stable_sort(members_.begin(), members_.end(), [](const auto &a, const auto &b) {
      return a->process.start_ns() < b->process.start_ns();
    });
}

void ProcSource::find_children() {
  pids_.clear();
  if (!own_children_.empty())
    if (const auto list = reader_.list(proc_.get(), own_children_.c_str()))
      proc::parse_pids(*list, pids_);
  for (std::size_t i = 0;; i++) {
    for (const pid_t pid : pids_) admit(pid);
    // Those that were added just now have children as well.
    if (i == members_.size()) return;
    pids_.clear();
    if (members_[i]->process.live()) members_[i]->process.add_children(reader_, pids_);
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
    if (by_pid_.contains(pid) || left_out_.contains(pid)) continue;
    const auto text = reader_.file(proc_.get(), proc::Path("", pid, "/stat").c_str());
    if (const auto stat = text ? proc::parse_stat(*text) : std::nullopt)
      others.push_back({pid, stat->parent});
  }
  const pid_t adopter = own_children_.empty() ? 0 : getpid();
  for (std::size_t before = others.size() + 1; others.size() < before;) {
    before = others.size();
    std::erase_if(others, [&](const Kinship &one) {
      const bool is_ours = one.parent == adopter || find(one.parent) != nullptr;
      if (is_ours) admit(one.pid);
      return is_ours;
    });
  }
}

// Members are listed in the cgroup or below it; those that are elsewhere now have moved out.
void ProcSource::find_in_cgroup() {
  pids_.clear();
  namespace fs = std::filesystem;
  const auto add_list = [this](const fs::path &directory) {
    const Fd opened(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (const auto list = reader_.list(opened.get(), "cgroup.procs"))
      proc::parse_pids(*list, pids_);
  };
  add_list(cgroup_);
  std::error_code failure;
  for (fs::recursive_directory_iterator entry(cgroup_, failure);
       !failure && entry != fs::end(entry); entry.increment(failure))
    if (entry->is_directory(failure)) add_list(entry->path());
  const std::set<pid_t> there(pids_.begin(), pids_.end());
  for (const pid_t pid : there) admit(pid);
  for (const auto &member : members_)
    member->moved_out = member->process.live() && !there.contains(member->process.pid());
}

}  // namespace rusage_bpf
