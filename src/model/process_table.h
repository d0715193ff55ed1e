// Turns a source's task events into process records (spans).
#pragma once

#include <cstdint>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "model/process.h"
#include "model/row.h"
#include "model/task_events.h"

namespace rusage_bpf {

// What a span executes.
struct Program {
  std::uint64_t exec_id = 0;           // the kernel's number of the exec that began it; 0: not known
  std::shared_ptr<const Image> image;  // null: not known
};

// A span is over when its process exited or executed something else, and the usage of all its tasks was reported.
// A span that is over is kept for a sample or two, until no fork can name it as the parent any more.
class ProcessTable {
 public:
  explicit ProcessTable(Baseline baseline) : baseline_(baseline) {}

  // The recording begins at `start_ns`, with the events of the first sample. If counting starts with that sample,
  // its events have the live tasks, and nothing before counts.
  void begin(std::uint64_t start_ns, const TaskEvents &events);

  // The events of the next sample. The last one has the live tasks.
  void take(const TaskEvents &events);

  // The spans that are over since this was asked last.
  std::vector<Process> finished();

  // The others, when the recording ends: with the counters of the live tasks in the last sample.
  std::vector<Process> rest();

  // Of a command, the account of the process that was recorded first. Null where there is none.
  [[nodiscard]] const std::shared_ptr<WaitAccount> &account() const { return account_; }
  // Processes beside that one that were not waited for, or after `rest`, live on.
  [[nodiscard]] std::uint64_t unwaited_processes() const { return unwaited_processes_; }

 private:
  struct Usage {
    rusage_cpu_time cpu{};
    Values value{};
  };

  using Identity = std::pair<std::uint64_t, int>;  // when a process started, and its number

  struct Span {
    [[nodiscard]] Identity identity() const { return {process_start_ns, pid}; }

    int pid = 0;
    int ppid = 0;
    Program program;
    std::uint64_t start_ns = 0;
    std::uint64_t process_start_ns = 0;
    bool forked = false;       // from another one; otherwise found, or begun by an exec
    std::uint64_t end_ns = 0;  // 0: it lives
    bool went_on = false;      // as another span
    Exit exit;
    Usage usage;
    Known unknown;                   // counters that the source could not read
    std::uint64_t stays = 1;         // that have begun and not ended
    std::int64_t tasks = 0;          // with usage that was not reported yet
    std::uint64_t new_tasks = 0;     // new tasks so far, when it was over
    std::uint64_t earlier_peak = 0;  // of resident memory, before this span
    std::optional<std::uint64_t> peak_rss;
    std::uint64_t unrecorded_peak = 0;  // at most this much was resident before it was recorded
    std::uint64_t parents_unrecorded_peak = 0;
    std::uint64_t children_cpu_ns = 0;          // of its process, so far
    std::uint64_t earlier_children_cpu_ns = 0;  // before this span, or before the recording
    std::shared_ptr<WaitAccount> account;
    std::shared_ptr<WaitAccount> parents_account;
  };

  using Spans = std::unordered_map<std::uint64_t, Span>;

  Spans::iterator find_span(std::uint64_t number);
  void take_birth(const rusage_task_event &event, const TaskEvents &events);
  bool take_return(const rusage_task_event &event, const TaskEvents &events);
  void take_thread(const rusage_task_event &event);
  void take_first_exec(Span span, const Exec &exec);
  // These say whether the span is known.
  bool take_exec(const Exec &exec);
  bool take_end(const rusage_task_event &event);
  [[nodiscard]] bool may_still_be_reported(std::uint64_t new_tasks) const { return new_tasks_reported_ < new_tasks; }
  void end_process(const rusage_task_event &event);
  void pass_account(const Span &span, const rusage_task_event &event);
  void leave(std::uint64_t number, const Span &span);
  void forget(std::uint64_t number, const Span &span);
  void forget_what_was_before(const TaskEvents &events);
  [[nodiscard]] Process describe(const Span &span) const;

  Baseline baseline_;
  std::shared_ptr<WaitAccount> account_;
  std::uint64_t unwaited_processes_ = 0;
  std::uint64_t start_ns_ = 0;
  std::uint64_t now_ns_ = 0;
  std::uint64_t new_tasks_ = 0;
  std::uint64_t new_tasks_reported_ = 0;
  Spans spans_;
  std::vector<std::uint64_t> over_;  // in the order in which they were over
  // Where processes may move: the latest span of each, and those that are away. One that comes back, as it may many
  // times a second, is the same; the oldest are given up to finished() where there are too many.
  std::map<Identity, std::uint64_t> processes_;
  std::map<Identity, std::uint64_t> away_;
  // The spans that later stays of a process belong to.
  std::unordered_map<std::uint64_t, std::uint64_t> stays_;
  // Told of a span that is not known yet, or execs of one that was just told to live. Once all is told that had been
  // forked by then, it never will be: there was no room to list it.
  template <typename T>
  struct Early {
    T event;
    std::uint64_t new_tasks;
  };
  std::vector<Early<Exec>> early_execs_;
  std::vector<Early<rusage_task_event>> early_ends_;
};

}  // namespace rusage_bpf
