// Finds out which signals were sent to the whole process group of the recorder, and not only to the recorder: another
// process in the group, the witness, reports what it receives. siginfo does not have this.
//
// The kernel signals the newest process of a group first, so the witness receives a signal before the recorder.
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

  // Starts the witness. It has no descriptors and privileges of the recorder, exits with the recorder, and is not
  // reaped with other children. Nothing if no process can be started: then all signals count as sent to the recorder
  // only.
  static std::optional<GroupWitness> start();

  GroupWitness(GroupWitness &&other) noexcept;
  GroupWitness &operator=(GroupWitness &&other) noexcept;
  ~GroupWitness();

  [[nodiscard]] pid_t pid() const { return pid_; }

  // Readable when `next` has something.
  [[nodiscard]] int fd() const { return socket_.get(); }
  // The next signal that it received. Nothing if there is none yet.
  std::optional<Received> next();
  // Asks it to report all signals so far, and then to answer. False if it is gone.
  bool ask();

 private:
  GroupWitness(pid_t pid, Fd socket) : pid_(pid), socket_(std::move(socket)) {}

  pid_t pid_;
  Fd socket_;
};

}  // namespace rusage_bpf
