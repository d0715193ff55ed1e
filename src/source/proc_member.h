// One process, as polls of /proc see it.
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
#include "rusage_bpf/task_event.h"

namespace rusage_bpf {

// What a process has used includes what it has waited for: the kernel adds a child's figures to its parent's when that
// waits for it. /proc/PID/io shows the sum of both, /proc/PID/stat each; context switches and run delay of what was
// waited for stand in no file, so that they are those that were seen.
class ProcMember {
 public:
  enum class State {
    lives,
    over,    // a zombie: its figures are final
    hidden,  // it is there, but not to be read, as where /proc hides others' processes; what was seen of it stands
    gone,
    reaped,  // by us, with its exit status
  };

  // Nothing where there is no such process, or none that we can see: errno says which. `holds_directory`: two
  // descriptors are held; else the process's directory is opened again for each poll.
  static std::optional<ProcMember> open(int proc, pid_t pid, bool holds_directory = true);

  // Reads all there may be to see anew, or all there is. What cannot be read stays as it was.
  State look(proc::Reader &reader, std::uint64_t now_ns, bool all);

  // The children of all its threads, those that it adopted included; none where they cannot have become more since the
  // poll before.
  void add_children(proc::Reader &reader, std::vector<pid_t> &children);

  // Closes what it opened for one poll only.
  void close_directory();

  // It was waited for: the kernel's own total, for it and all it has waited for, takes the place of what was seen.
  void end(int status, const KernelTotal &total);

  // It has waited for a process that was seen to use this much: that is in its figures already, but for those that no
  // file shows.
  void inherit(const rusage_reading &theirs);

  // Whether it has executed something since this was asked last: it has another name and another command line, or,
  // where the name may be the same, another command line. What it executes stands in `image`.
  bool has_executed(bool maybe_of_the_same_name);

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] bool live() const { return state_ == State::lives || state_ == State::hidden; }
  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] pid_t parent() const { return parent_; }
  // Since boot, on the clock that goes on in suspend; as exact as a clock tick.
  [[nodiscard]] std::uint64_t start_ns() const;
  [[nodiscard]] const std::shared_ptr<const Image> &image() const { return image_; }
  // As wait reports it; nothing where it is not known.
  [[nodiscard]] const std::optional<int> &status() const { return status_; }

  // Since its fork, with the usage of all children that it reaped.
  [[nodiscard]] const rusage_reading &used() const { return used_; }
  // The part of it that belongs to children with process records of their own.
  [[nodiscard]] const rusage_reading &inherited() const { return inherited_; }
  // What is left of `used` without them.
  [[nodiscard]] rusage_reading own() const;
  // The part of its own CPU time that others have used: children that it has waited for, in the time after they were
  // seen last, or that were never seen.
  [[nodiscard]] std::uint64_t children_cpu_ns() const;
  // Counters that could be read.
  [[nodiscard]] const Known &known() const { return known_; }
  // It could be read once at least.
  [[nodiscard]] bool was_seen() const { return known_[RUSAGE_user]; }
  // Something of it is not ours to read.
  [[nodiscard]] bool denied() const { return denied_; }

  // At the last poll; known as `gauges_known` says.
  [[nodiscard]] const Values &gauges() const { return gauges_; }
  [[nodiscard]] const Known &gauges_known() const { return gauges_known_; }
  [[nodiscard]] std::uint64_t peak_rss_bytes() const { return peak_rss_bytes_; }
  // Threads that were seen for the first time, the first of the process apart.
  [[nodiscard]] std::uint64_t threads_found() const { return threads_found_; }

  // Minor faults of those that it has waited for.
  [[nodiscard]] std::uint64_t reaped_minor_faults() const { return reaped_minor_faults_; }
  [[nodiscard]] const std::string &comm() const { return comm_; }

 private:
  struct Thread {
    pid_t tid = 0;
    bool seen = false;
    std::uint64_t voluntary = 0;
    std::uint64_t involuntary = 0;
    std::uint64_t run_delay_ns = 0;
  };

  ProcMember(int proc, pid_t pid, Fd directory, bool holds_directory);
  bool open_directory();
  bool rests(std::uint64_t now_ns);
  State cannot_be_read();
  void read_cpu(std::uint64_t user_ticks, std::uint64_t system_ticks, std::uint64_t reaped_user_ticks,
                std::uint64_t reaped_system_ticks);
  // These give errno where they fail.
  int read_io(proc::Reader &reader);
  int read_descriptors();
  void read_gauges_of_thread(proc::Reader &reader);
  void read_threads(proc::Reader &reader, std::uint64_t count);
  void read_thread(proc::Reader &reader, Thread &thread, bool alone);
  Thread &thread_at(std::size_t index, pid_t tid);
  void read_memory(proc::Reader &reader, std::uint64_t now_ns);
  void note_denials(int io_error, int descriptors_error);

  int proc_;
  pid_t pid_;
  bool holds_directory_;
  Fd directory_;
  Fd io_;  // held open: a zombie's can be read, but by root alone be opened
  std::optional<clockid_t> clock_;
  std::optional<std::uint64_t> run_ns_;  // of its own, by the clock
  std::uint64_t last_run_ns_ = 0;        // when the clock was seen to go
  std::uint64_t memory_read_ns_ = 0;
  bool others_may_have_changed_it_ = true;
  pid_t live_thread_ = 0;  // where the main thread has ended before it
  State state_ = State::lives;
  pid_t parent_ = 0;
  std::uint64_t start_ticks_ = 0;
  std::string comm_;
  std::string told_comm_;
  std::shared_ptr<const Image> image_;
  std::optional<int> status_;

  rusage_reading used_{};
  rusage_reading inherited_{};
  std::uint64_t reaped_minor_faults_ = 0;
  std::uint64_t reaped_cpu_ns_ = 0;
  Thread over_;  // the sums of its threads that are over
  std::vector<Thread> threads_;
  std::uint64_t threads_found_ = 0;
  Known known_;
  Values gauges_{};
  Known gauges_known_;
  std::uint64_t peak_rss_bytes_ = 0;
  bool io_is_read_ = false;  // at the last poll
  int denials_ = 0;          // in a row
  bool denied_ = false;
};

}  // namespace rusage_bpf
