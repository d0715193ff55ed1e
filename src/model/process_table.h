// Turns a source's task events into process records.
#pragma once

#include <cstdint>
#include <map>
#include <unordered_map>
#include <vector>

#include "model/incomplete_record.h"
#include "model/process.h"
#include "model/row.h"
#include "model/task_events.h"

namespace rusage_bpf {

// A record ends when its process exits or executes something else. It is complete when the counters of all its tasks
// were reported, and no fork that is still to be reported can name it as the parent's record.
class ProcessTable {
 public:
  explicit ProcessTable(Baseline baseline) : baseline_(baseline) {}

  // The recording starts at `start_ns`, with the events of the first sample. If counting starts with that sample, its
  // events must have the live tasks.
  void begin(std::uint64_t start_ns, const TaskEvents &events);

  // Applies the events of the next sample. The last sample has the live tasks.
  void apply(const TaskEvents &events);

  // Removes and returns the records that are complete.
  std::vector<Process> finished();

  // Removes and returns all other records at the end of the recording, in the order of their start.
  std::vector<Process> rest();

  // The account of the command. Null if the target is no command.
  [[nodiscard]] const std::shared_ptr<WaitAccount> &account() const { return account_; }
  // Processes other than the command that were not reaped. After `rest`, also those that are still live.
  [[nodiscard]] std::uint64_t unwaited_processes() const { return unwaited_processes_; }

 private:
  using Records = std::unordered_map<std::uint64_t, IncompleteRecord>;
  using Identity = IncompleteRecord::Identity;

  // An event whose record is not known yet. It is dropped when all tasks that had been forked before it are reported:
  // then its fork is not reported any more, because the ring of task events was full.
  template <typename T>
  struct Pending {
    T event;
    std::uint64_t new_tasks;
  };

  Records::iterator find_record(std::uint64_t number);
  void set_baseline(const TaskEvents &events);
  void apply_forks_and_execs(const TaskEvents &events);
  void apply_live_task(const rusage_task_event &event);
  void add_process(const rusage_task_event &event, const TaskEvents &events);
  void add_parents_data(IncompleteRecord &record, const rusage_task_event &event);
  void add_thread(const rusage_task_event &event);
  void apply_first_exec(IncompleteRecord record, const Exec &exec);
  // Both return false if the record is not known yet.
  bool apply_exec(const Exec &exec);
  bool apply_exit(const rusage_task_event &event);
  [[nodiscard]] bool may_still_be_reported(std::uint64_t new_tasks) const { return new_tasks_reported_ < new_tasks; }
  void end_process(const rusage_task_event &event);
  void pass_account(const IncompleteRecord &record, const rusage_task_event &event);

  // process_moves.cpp: processes that move out of a cgroup and back.
  bool continue_record(const rusage_task_event &event, const TaskEvents &events);
  void keep_moved_out(std::uint64_t number, const IncompleteRecord &record);
  void forget(std::uint64_t number, const IncompleteRecord &record);

  Baseline baseline_;
  std::shared_ptr<WaitAccount> account_;
  std::uint64_t unwaited_processes_ = 0;
  std::uint64_t start_ns_ = 0;
  std::uint64_t now_ns_ = 0;
  std::uint64_t new_tasks_ = 0;
  std::uint64_t new_tasks_reported_ = 0;
  Records records_;                   // by their numbers
  std::vector<std::uint64_t> ended_;  // the records that ended, in that order
  // If processes can move between cgroups: the latest record of each process, and of each that moved out. A process may
  // move out and in many times a second, and continues its record then. If too many have moved out, the oldest records
  // end.
  std::map<Identity, std::uint64_t> latest_;
  std::map<Identity, std::uint64_t> moved_out_;
  // For the number that a process has since it moved back in: the number of the record that it continues.
  std::unordered_map<std::uint64_t, std::uint64_t> continued_;
  std::vector<Pending<Exec>> pending_execs_;  // also execs that came after a sample with the live tasks
  std::vector<Pending<rusage_task_event>> pending_exits_;
};

}  // namespace rusage_bpf
