// A process between the recorder and the command, for a recorder that has other children: the keeper's children are the
// command and the command's orphans alone, so that no other process is taken for one of these.
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

// A change of one of the keeper's children.
struct ChildReport {
  pid_t pid = 0;
  bool stopped = false;  // by the signal in `status`; else the process has ended
  int status = 0;        // of one that has ended: as wait reports it
  rusage usage{};
};

class Keeper {
 public:
  // Whether this process has, or may get, children that are none of the command's.
  static bool is_needed();

  // Forks the keeper, which forks the child that runs `child`. The keeper ends with this process.
  static Result<Keeper> start(const std::function<void()> &child);

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] pid_t child() const { return child_; }

  // The keeper begins to report; it becomes the parent of the child's orphans first if `adopts_orphans`. To be called
  // once.
  Result<void> begin(bool adopts_orphans);

  // The next report; nothing where there is none yet. SIGCHLD says that one has come. A process that has ended is a
  // zombie until `let_go`, which must follow, and gone after that.
  std::optional<ChildReport> next();
  void let_go();

  // No child is left.
  [[nodiscard]] bool is_done() const { return done_; }

 private:
  Keeper(pid_t pid, pid_t child, Fd socket) : pid_(pid), child_(child), socket_(std::move(socket)) {}

  pid_t pid_;
  pid_t child_;
  Fd socket_;
  bool done_ = false;
};

// What wait would report as the status of what waitid has found.
int status_of(const siginfo_t &info);

}  // namespace rusage_bpf
