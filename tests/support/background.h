// Programs that a test speaks to while they run. No wait is without an end: what does not come
// within `patience` throws, and so fails the test.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "os/fd.h"
#include "support/process.h"

namespace test {

using Deadline = std::chrono::steady_clock::time_point;

// When it is over with patience, from now on.
Deadline patience();
int milliseconds_to(Deadline deadline);

// Returns once `condition` holds; `what` is what is waited for, in words.
void wait_until(const std::string &what, const std::function<bool()> &condition);

struct Start {
  std::vector<std::string> argv;
  std::string directory = "";                           // the working directory and $HOME; empty: ours
  std::string input = "";                               // what is on standard input, where that is no terminal
  std::map<std::string, std::string> environment = {};  // beside ours, less what would disturb
  std::function<void()> prepare = {};                   // the child's last act before it executes
};

// Makes `fd` what opening `path` gives; for a child that has not executed yet.
void redirect(int fd, const std::string &path, int flags);

// For a child that a signal will end.
void without_core_files();

// A child process of the test, killed at the end if it still lives.
class Process {
 public:
  // Its session is its own, and no signal is ignored, whatever the test was given; `attach` sets
  // its descriptors up, in the child.
  Process(const Start &start, const std::function<void()> &attach);
  ~Process();
  Process(const Process &) = delete;
  Process &operator=(const Process &) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  void send(int signal) const;
  // Readable once the process has ended.
  [[nodiscard]] int end_fd() const { return end_.get(); }
  [[nodiscard]] bool ended_by(Deadline deadline) const;
  // To be called when it has.
  Finished reap();

 private:
  pid_t pid_;
  rusage_bpf::Fd end_;
  bool reaped_ = false;
};

// A program without a terminal. Its outputs are files, so that nothing has to be read meanwhile.
class Background {
 public:
  explicit Background(const Start &start);

  [[nodiscard]] pid_t pid() const { return process_.pid(); }
  void send(int signal) const { process_.send(signal); }
  // What it has written to standard output so far.
  [[nodiscard]] std::string output() const { return written("output"); }
  // And to standard error.
  [[nodiscard]] std::string errors() const { return written("errors"); }
  Finished wait();

 private:
  [[nodiscard]] std::string written(const std::string &name) const;

  TemporaryDirectory files_;
  Process process_;
};

inline Finished run_to_end(const Start &start) {
  return Background(start).wait();
}

}  // namespace test
