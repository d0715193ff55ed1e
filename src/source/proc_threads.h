// The counters that /proc has for each thread and not for the process: context switches and run delay.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

#include "model/column.h"
#include "proc/files.h"

namespace rusage_bpf {

class ProcThreads {
 public:
  struct Counters {
    std::uint64_t voluntary_switches = 0;
    std::uint64_t involuntary_switches = 0;
    std::uint64_t run_delay_ns = 0;

    void add(const Counters &other);
  };

  explicit ProcThreads(pid_t pid) : pid_(pid) {}

  // `process` is the open directory of the process, which has `count` threads now. A file that cannot be read changes
  // nothing.
  void read(int process, proc::Reader &reader, std::uint64_t count);

  // The sums over all threads so far, with the exited ones as they were read last.
  [[nodiscard]] Counters sum() const;
  // Which of these counters could be read.
  [[nodiscard]] const Known &known() const { return known_; }
  // 0: not known.
  [[nodiscard]] std::uint64_t peak_rss_bytes() const { return peak_rss_bytes_; }
  // How many threads were found so far, without the main thread.
  [[nodiscard]] std::uint64_t found() const { return found_; }
  // Appends the children of all threads.
  void add_children(int process, proc::Reader &reader, std::vector<pid_t> &children) const;

 private:
  struct Thread {
    pid_t tid = 0;
    bool listed = false;  // by the last read
    Counters counters;
  };

  Thread &thread_at(std::size_t index, pid_t tid);
  void read_thread(int process, proc::Reader &reader, Thread &thread, bool is_only_one);

  pid_t pid_;
  std::vector<Thread> threads_;
  Counters exited_;
  std::uint64_t found_ = 0;
  std::uint64_t peak_rss_bytes_ = 0;
  Known known_;
};

}  // namespace rusage_bpf
