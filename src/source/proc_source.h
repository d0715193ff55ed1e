// Samples by polling /proc: for everybody, and the best that this can do.
//
// A sample adds up what the living processes have used, each with all that it has waited for. So nothing is lost of a
// process that somebody in the tree has waited for, whether it was ever seen or not: the row in which its end was
// seen has it. What was seen of others, as where a parent ignores SIGCHLD, stays in the sums as it was.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/selection.h"
#include "proc/new_task_counter.h"
#include "source/proc_member.h"
#include "source/source.h"

namespace rusage_bpf {

struct ProcOptions {
  std::string proc = "/proc";  // where it is mounted
};

class ProcSource final : public Source {
 public:
  static Result<std::unique_ptr<ProcSource>> open(Selection selection, const ProcOptions &options = {});

  [[nodiscard]] std::string_view name() const override { return "proc"; }
  // Whatever else becomes a child of a command's parent from here on is of the tree: an orphan that was adopted.
  Result<void> track() override;

  Result<Sample> sample(bool reports_live_tasks = false) override;
  void before_reaping(pid_t pid, int status, const KernelTotal &total) override;
  [[nodiscard]] std::string_view origin(rusage_column column) const override;
  [[nodiscard]] MissedEvents missed_events() const override;
  [[nodiscard]] bool needs_proc_of_others() const override { return true; }
  [[nodiscard]] bool needs_orphans() const override { return true; }

 private:
  struct Member {
    explicit Member(ProcMember &&what) : process(std::move(what)) {}

    // Since it is of the tree, with all that it has waited for.
    [[nodiscard]] rusage_reading used() const;

    ProcMember process;
    std::uint64_t span = 0;
    rusage_reading before{};    // what it had used before it came to what is looked at
    bool has_waited = false;    // for a child, since the poll before
    bool never_waits = false;   // as is known of a child that it did not wait for
    bool must_be_read = false;  // even if it seems to rest
    bool awaits_first_exec = false;
    bool came_from_elsewhere = false;  // into the cgroup
    bool moved_out = false;
    bool unwaited = false;  // no process of the tree has reaped it
    bool told_end = false;
    bool settled = false;
    pid_t awaited_heir = 0;  // of an exited process: the process that had not got its usage at the poll before
  };

  ProcSource(Fd proc, Selection selection) : proc_(std::move(proc)), selection_(std::move(selection)) {}
  [[nodiscard]] bool of_cgroup() const { return kind_of(selection_) == TargetKind::cgroup; }

  // proc_source.cpp: one sample, and the events of single processes.
  void look_at(Member &member);
  void tell_birth(const Member &member, const Member *parent);
  void tell_exec(Member &member, std::shared_ptr<const Image> image);
  void tell_end(Member &member);
  void report_live_tasks();
  [[nodiscard]] Snapshot sum_up() const;
  [[nodiscard]] static Known unknown_of(const Member &member);
  [[nodiscard]] rusage_task_event event_of(const Member &member, rusage_task_event_kind kind);

  // proc_tree.cpp: which processes belong to the tree.
  Result<void> track(const selected::Command &command);
  Result<void> track(const selected::Tree &tree);
  Result<void> track(const selected::Cgroup &cgroup);
  void start_counting_new_tasks();
  [[nodiscard]] Member *find(pid_t pid) const;
  Member *admit(pid_t pid);
  void find_new_members();
  void exclude_siblings_of(pid_t pid);
  void find_children();
  void find_by_parents();
  Result<void> open_cgroup(const std::string &path);
  void find_in_cgroup();
  int list_cgroup(int directory);
  [[nodiscard]] bool may_hold_directory();

  // proc_heirs.cpp: which process got the usage of exited ones.
  void settle_the_gone();
  void settle(Member &gone);
  [[nodiscard]] Member *heir_of(const Member &gone) const;
  void keep(const rusage_reading &used);

  Fd proc_;
  Selection selection_;
  Fd cgroup_directory_;            // held, as another may be made of the same name
  pid_t adopter_ = 0;              // the parent of a command and its orphans
  pid_t command_ = 0;              // the process that we are asked about, where we wait for it
  std::uint64_t directories_ = 0;  // how many processes may have theirs held open
  proc::Reader reader_;
  std::set<pid_t> excluded_;
  std::string own_children_;  // the list of them, where they are members
  bool has_children_lists_ = false;

  std::vector<std::unique_ptr<Member>> members_;  // the eldest first
  std::unordered_map<pid_t, Member *> by_pid_;
  std::vector<std::unique_ptr<Member>> gone_;  // of whom it is not settled yet
  std::vector<pid_t> pids_;                    // for use inside one function
  std::uint64_t unnumbered_ = 0;               // the same, of processes that have no number here

  // The sums of those that are gone and have no heir.
  rusage_reading kept_{};
  std::uint64_t kept_user_ns_ = 0;
  Known known_;  // counters that could be read of some process

  proc::NewTaskCounter new_tasks_;
  std::uint64_t new_tasks_seen_ = 0;
  std::set<pid_t> unreadable_;
  std::uint64_t without_number_ = 0;  // processes of other pid namespaces that were in the cgroup, at most at once
  std::uint64_t now_ns_ = 0;
  std::uint64_t last_look_ns_ = 0;
  std::uint64_t spans_ = 0;
  TaskEvents events_;
};

}  // namespace rusage_bpf
