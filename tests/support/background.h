// Programs that run during a test. Every wait throws after `patience`, which fails the test.
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

// The deadline of a wait that starts now.
Deadline patience();
int milliseconds_to(Deadline deadline);

// Returns when `condition` is true. `what` names the condition for the message.
void wait_until(const std::string &what, const std::function<bool()> &condition);

struct Start {
  std::vector<std::string> argv;
  std::string directory = "";  // the working directory and $HOME; empty: the test's
  std::string input = "";      // standard input, if that is no terminal
  std::map<std::string, std::string> environment =
      {};                              // in addition to the test's, without variables that would disturb
  std::function<void()> prepare = {};  // called in the child before its exec
};

// Replaces `fd` by the opened `path`. For a child before its exec.
void redirect(int fd, const std::string &path, int flags);

// For a child that a signal ends.
void without_core_files();

// A child process of the test. The destructor kills it if it is still live.
class Process {
 public:
  // It has its own session, and ignores no signal. `attach` opens its descriptors, in the child.
  Process(const Start &start, const std::function<void()> &attach);
  ~Process();
  Process(const Process &) = delete;
  Process &operator=(const Process &) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  void send(int signal) const;
  // Readable when the process has exited.
  [[nodiscard]] int end_fd() const { return end_.get(); }
  [[nodiscard]] bool ended_by(Deadline deadline) const;
  // Called when it has exited.
  Finished reap();

 private:
  pid_t pid_;
  rusage_bpf::Fd end_;
  bool reaped_ = false;
};

// A program without a terminal. Its outputs are files, so that the test need not read them while it runs.
class Background {
 public:
  explicit Background(const Start &start);

  [[nodiscard]] pid_t pid() const { return process_.pid(); }
  void send(int signal) const { process_.send(signal); }
  // Its standard output so far.
  [[nodiscard]] std::string output() const { return written("output"); }
  // Its standard error so far.
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
