// Tells signals that were sent to our whole process group from those that were sent to us alone, which
// siginfo does not: a further process in the group says what it has received.
//
// The kernel signals the newest process of a group first, so that the witness has its signal before we
// have ours.
#pragma once

#include <sys/types.h>

#include <optional>

#include "os/fd.h"

namespace rusage_bpf {

class GroupWitness {
 public:
  struct Received {
    int number;  // 0: the answer to `ask`
    pid_t sender;
  };

  // Starts the witness. It keeps no descriptor and no privilege of ours, ends with us, and no wait for
  // any child finds it. Nothing where no process can be started: then no signal is known to be the
  // group's.
  static std::optional<GroupWitness> start();

  GroupWitness(GroupWitness &&other) noexcept;
  GroupWitness &operator=(GroupWitness &&other) noexcept;
  ~GroupWitness();

  [[nodiscard]] pid_t pid() const { return pid_; }

  // Readable when `next` is to be called.
  [[nodiscard]] int fd() const { return socket_.get(); }
  // What it has received next, each signal once; nothing where there is no more yet.
  std::optional<Received> next();
  // Has it say all that it received until now, and then answer. False where it is gone.
  bool ask();

 private:
  GroupWitness(pid_t pid, Fd socket) : pid_(pid), socket_(std::move(socket)) {}

  pid_t pid_;
  Fd socket_;
};

}  // namespace rusage_bpf
