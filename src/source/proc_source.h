// Samples by polling /proc, which needs no privileges.
//
// A sample adds up the usage of the live processes, each with its reaped children. So every process that is reaped by a
// tracked process counts in full, even if no poll found it: it is in the row after its end. The usage of other exited
// processes, for example if their parent ignores SIGCHLD, stays in the sums as it was polled last.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/selection.h"
#include "proc/new_task_counter.h"
#include "source/proc_process.h"
#include "source/source.h"

namespace rusage_bpf {

struct ProcOptions {
  std::string proc = "/proc";  // the mount point
};

class ProcSource final : public Source {
 public:
  static Result<std::unique_ptr<ProcSource>> open(Selection selection, const ProcOptions &options = {});

  [[nodiscard]] std::string_view name() const override { return "proc"; }
  // For a command, every new child of the command's parent is tracked from now on: it is an orphan of the command.
  Result<void> track() override;

  Result<Sample> sample(bool reports_live_tasks = false) override;
  void before_reaping(pid_t pid, int status, const KernelTotal &total) override;
  [[nodiscard]] std::string_view origin(rusage_column column) const override;
  [[nodiscard]] MissedEvents missed_events() const override;
  [[nodiscard]] bool needs_proc_of_others() const override { return true; }
  [[nodiscard]] bool needs_subreaper() const override { return true; }

 private:
  // A process of the target.
  struct Tracked {
    explicit Tracked(ProcProcess &&opened) : process(std::move(opened)) {}

    // Since it is tracked, with its reaped children.
    [[nodiscard]] rusage_reading usage() const;

    ProcProcess process;
    std::uint64_t record = 0;        // the number of its process record
    rusage_reading usage_before{};   // before it moved into the cgroup
    bool has_reaped = false;         // a child, since the poll before
    bool reaps_no_children = false;  // it did not reap the last one
    bool poll_everything = false;    // at the next poll, even if it is idle
    bool awaits_first_exec = false;
    bool moved_in = false;
    bool moved_out = false;
    bool unwaited = false;  // no tracked process has reaped it
    bool exit_is_reported = false;
    bool usage_is_assigned = false;  // of a process that is gone; see proc_reapers.cpp
    pid_t awaited_reaper = 0;        // of a process that is gone: its reaper, if that is to be polled once more
  };

  ProcSource(Fd proc, Selection selection) : proc_(std::move(proc)), selection_(std::move(selection)) {}
  [[nodiscard]] bool of_cgroup() const { return kind_of(selection_) == TargetKind::cgroup; }

  // proc_source.cpp: one sample, and the events of single processes.
  void poll(Tracked &tracked);
  void report_fork(const Tracked &tracked, const Tracked *parent);
  void report_exec(Tracked &tracked, std::shared_ptr<const Image> image);
  void report_exit(Tracked &tracked);
  void report_live_tasks();
  [[nodiscard]] Snapshot sum_up() const;
  [[nodiscard]] static Known unknown_of(const Tracked &tracked);
  [[nodiscard]] rusage_task_event event_of(const Tracked &tracked, rusage_task_event_kind kind);

  // proc_tree.cpp: which processes belong to the target.
  Result<void> track(const selected::Command &command);
  Result<void> track(const selected::Tree &tree);
  Result<void> track(const selected::Cgroup &cgroup);
  void start_counting_new_tasks();
  [[nodiscard]] Tracked *find(pid_t pid) const;
  Tracked *track_process(pid_t pid);
  void find_new_processes();
  void exclude_siblings_of(pid_t pid);
  void find_children();
  void find_by_parents();
  Result<void> open_cgroup(const std::string &path);
  void find_in_cgroup();
  int list_cgroup(int directory);
  [[nodiscard]] bool may_hold_directory();

  // proc_reapers.cpp: which process got the usage of a process that is gone.
  void assign_usage_of_gone();
  void assign_usage(Tracked &gone);
  [[nodiscard]] Tracked *reaper_of(const Tracked &gone) const;
  void keep_usage(const rusage_reading &usage);

  Fd proc_;
  Selection selection_;
  Fd cgroup_directory_;                // open, because another cgroup may get the same name
  pid_t orphan_reaper_ = 0;            // the parent of a command and its orphans
  pid_t command_ = 0;                  // 0: the target is no command
  std::uint64_t max_directories_ = 0;  // how many processes may hold their directories open
  proc::Reader reader_;
  std::set<pid_t> excluded_;
  std::string command_and_orphans_;  // the list of these; empty if the target is no command
  bool has_children_lists_ = false;

  std::vector<std::unique_ptr<Tracked>> tracked_;  // sorted by their start
  std::unordered_map<pid_t, Tracked *> by_pid_;
  std::vector<std::unique_ptr<Tracked>> gone_;  // whose usage is not assigned yet
  std::vector<pid_t> pids_;                     // for use inside one function, without allocating memory
  std::uint64_t foreign_pids_ = 0;              // the same: processes of other pid namespaces, which have no pid here

  // The sums of processes that are gone and that no tracked process has reaped.
  rusage_reading kept_{};
  std::uint64_t kept_user_ns_ = 0;
  Known known_;  // counters that could be read for any process

  proc::NewTaskCounter new_tasks_;
  std::uint64_t new_tasks_found_ = 0;  // by polls
  std::set<pid_t> unreadable_;
  std::uint64_t max_foreign_pids_ = 0;  // the most of them in one poll of the cgroup
  std::uint64_t now_ns_ = 0;
  std::uint64_t last_poll_ns_ = 0;
  std::uint64_t last_record_ = 0;
  TaskEvents events_;
};

}  // namespace rusage_bpf
