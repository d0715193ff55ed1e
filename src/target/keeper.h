// A process between the recorder and the command, for a recorder that has other children. The keeper's only children
// are the command and its orphans, so no other process is mistaken for one of these.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>

#include <functional>
#include <optional>
#include <utility>

#include "os/error.h"
#include "os/fd.h"

namespace rusage_bpf {

// A stop or an exit of one of the keeper's children.
struct ChildReport {
  pid_t pid = 0;
  bool stopped = false;  // by the signal in `status`; otherwise it has exited
  int status = 0;        // after an exit: as wait(2) reports it
  rusage usage{};
};

class Keeper {
 public:
  // Whether this process has, or may get, children other than the command and its orphans.
  static bool is_needed();

  // Forks the keeper, which forks the child that runs `child`. The keeper exits with this process.
  static Result<Keeper> start(const std::function<void()> &child);

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] pid_t child() const { return child_; }

  // Lets the keeper report. If it `reaps_orphans`, it first becomes the reaper of the command's orphans. Called once.
  Result<void> start_reports(bool reaps_orphans);

  // The next report, if there is one. The keeper sends SIGCHLD for each. `confirm` must follow: an exited process is a
  // zombie until then, and gone after it.
  std::optional<ChildReport> next();
  void confirm();

  // The keeper has no child any more.
  [[nodiscard]] bool is_done() const { return done_; }

 private:
  Keeper(pid_t pid, pid_t child, Fd socket) : pid_(pid), child_(child), socket_(std::move(socket)) {}

  pid_t pid_;
  pid_t child_;
  Fd socket_;
  bool done_ = false;
};

// Converts the status from waitid(2) to that of wait(2).
int status_of(const siginfo_t &info);

}  // namespace rusage_bpf
