// One process, read by polling /proc.
#pragma once

#include <sys/types.h>

#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/process.h"
#include "model/recording.h"
#include "os/fd.h"
#include "proc/files.h"
#include "proc/text.h"
#include "rusage_bpf/task_event.h"
#include "source/proc_threads.h"

namespace rusage_bpf {

// The usage of a process includes its reaped children, because the kernel adds a child's counters to its reaper's.
// /proc/PID/io has the sum of both, and /proc/PID/stat has each. No file has the context switches and the run delay of
// reaped children: there, the values from the last poll of each child are used.
class ProcProcess {
 public:
  enum class State {
    live,
    zombie,  // its counters are final
    hidden,  // it exists, but cannot be read, for example because of hidepid; its values stay as they are
    gone,
    reaped,  // by the recorder, with its exit status
  };

  // Nothing if there is no such process, or if it is hidden: errno says which. `holds_directory`: it holds two
  // descriptors; otherwise, each poll opens the directory of the process again.
  static std::optional<ProcProcess> open(int proc, pid_t pid, bool holds_directory = true);

  // Reads what may have changed, or `everything`. A value that cannot be read stays as it is.
  State poll(proc::Reader &reader, std::uint64_t now_ns, bool everything);

  // Appends the children of all threads, also orphans. Appends none if there can be no new ones since the last poll.
  void add_children(proc::Reader &reader, std::vector<pid_t> &children);

  // Closes the directory, unless it is held.
  void close_directory();

  // The recorder reaped the process: the kernel's total for it and its reaped children replaces the polled values.
  void set_reaped(int status, const KernelTotal &total);

  // The process has reaped a child, which had used this much at its last poll. Only context switches and run delay are
  // added: the kernel has added the rest.
  void add_reaped_usage(const rusage_reading &usage);

  // Whether it executed something else since the last call: its arguments have changed, and its name has changed or the
  // new name `may_be_the_same`. `image` is what it executes now.
  bool has_executed(bool may_be_the_same);

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] bool is_live() const { return state_ == State::live || state_ == State::hidden; }
  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] pid_t parent() const { return parent_; }
  // Since boot, with the time in suspend, to the clock tick.
  [[nodiscard]] std::uint64_t start_ns() const;
  [[nodiscard]] const std::shared_ptr<const Image> &image() const { return image_; }
  // The exit status as wait(2) reports it. Nothing: not known.
  [[nodiscard]] const std::optional<int> &status() const { return status_; }

  // Since its fork, with the usage of all children that it reaped.
  [[nodiscard]] const rusage_reading &usage() const { return usage_; }
  // The part of it without reaped children that have their own process records.
  [[nodiscard]] rusage_reading own_usage() const;
  // The part of its own CPU time that reaped children used after their last poll, or without any poll.
  [[nodiscard]] std::uint64_t children_cpu_ns() const;
  // Counters that could be read.
  [[nodiscard]] const Known &known() const { return known_; }
  // It could be read at least once.
  [[nodiscard]] bool was_read() const { return known_[RUSAGE_user]; }
  // The user may not read some of its values.
  [[nodiscard]] bool denied() const { return denied_; }

  // At the last poll.
  [[nodiscard]] const Values &gauges() const { return gauges_; }
  [[nodiscard]] const Known &gauges_known() const { return gauges_known_; }
  [[nodiscard]] std::uint64_t peak_rss_bytes() const { return threads_.peak_rss_bytes(); }
  // How many threads were found so far, without the main thread.
  [[nodiscard]] std::uint64_t threads_found() const { return threads_.found(); }

  // Minor faults of its reaped children.
  [[nodiscard]] std::uint64_t reaped_minor_faults() const { return reaped_minor_faults_; }
  [[nodiscard]] const std::string &comm() const { return comm_; }

 private:
  ProcProcess(int proc, pid_t pid, Fd directory, bool holds_directory);
  bool open_directory();
  bool is_idle(std::uint64_t now_ns);
  State set_unreadable();
  void read_counters(proc::Reader &reader, const proc::Stat &stat);
  void read_cpu(const proc::Stat &stat);
  void read_gauges(proc::Reader &reader, std::uint64_t threads, bool main_thread_exited, std::uint64_t now_ns);
  // Both return errno on failure.
  int read_io(proc::Reader &reader);
  int read_descriptors(const char *list = "fd");
  void read_memory(proc::Reader &reader, std::uint64_t now_ns);
  void note_denials(int io_error, int descriptors_error);

  int proc_;
  pid_t pid_;
  bool holds_directory_;
  Fd directory_;
  Fd io_;  // held open, because only root can open a zombie's
  std::optional<clockid_t> clock_;
  std::optional<std::uint64_t> run_ns_;  // its own CPU time by its clock
  std::uint64_t last_run_ns_ = 0;        // when that time was seen to change
  std::uint64_t memory_read_ns_ = 0;
  bool may_have_new_children_ = true;
  pid_t live_thread_ = 0;  // if the main thread exited first
  State state_ = State::live;
  pid_t parent_ = 0;
  std::uint64_t start_ticks_ = 0;
  std::string comm_;
  std::string last_comm_;
  std::shared_ptr<const Image> image_;
  std::optional<int> status_;

  rusage_reading usage_{};
  rusage_reading reaped_usage_{};  // of reaped children with their own process records
  std::uint64_t reaped_minor_faults_ = 0;
  std::uint64_t reaped_cpu_ns_ = 0;
  ProcThreads threads_;
  Known known_;
  Values gauges_{};
  Known gauges_known_;
  bool io_is_read_ = false;  // by the last poll
  int denials_ = 0;          // polls in a row that were denied a file
  bool denied_ = false;
};

}  // namespace rusage_bpf
