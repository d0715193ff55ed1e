// What is recorded: a command, a running process tree, or a cgroup.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>

#include "model/recording.h"
#include "model/selection.h"
#include "model/snapshot.h"
#include "os/error.h"
#include "os/signals.h"

namespace rusage_bpf {

class Target {
 public:
  Target() = default;
  Target(Target &&) = default;
  Target &operator=(Target &&) = default;
  virtual ~Target() = default;

  [[nodiscard]] virtual Selection selection() const = 0;

  // Fails if the user may not trace all processes of the target, even if the recorder's privileges would allow it.
  [[nodiscard]] virtual Result<void> check_may_trace() const { return {}; }

  // Called before an exited child is reaped, with its pid, its status as wait(2) reports it, and the usage of the child
  // and its reaped children.
  using BeforeReaping = std::function<void(pid_t, int status, const KernelTotal &)>;

  // Makes the recorder the reaper of the command's orphans.
  virtual Result<void> reap_orphans(const BeforeReaping &) { return {}; }
  // Nothing is called before reaping from now on.
  virtual void remove_before_reaping() {}

  // Fails if the target is known to have ended before it was recorded.
  [[nodiscard]] virtual Result<void> check_live() const { return {}; }

  // The user of the command, to which signals are passed on.
  [[nodiscard]] virtual std::optional<uid_t> user_to_signal() const { return std::nullopt; }

  // Lets the command run. Called when the recorder is ready.
  virtual Result<void> release() { return {}; }

  // Handles a signal that the recorder received: passes it on to the command, or ends the recording.
  virtual Result<std::optional<Ended>> handle(const Signal &signal) = 0;

  // Called before each sample, because the kernel may merge several signals into one: the end of the recording, if the
  // target has ended.
  virtual Result<std::optional<Ended>> check() { return std::nullopt; }

  // The end of the recording, if the snapshot shows it.
  virtual std::optional<Ended> end_in(const Snapshot &snapshot) = 0;

  // If the target is exiting now, waits until it has exited, for at most a second, so that the final sample has its
  // end. Returns whether it has exited. A process that holds the recorder's input may be exiting when that input ends.
  [[nodiscard]] virtual bool wait_if_exiting() const { return false; }

  // Whether the command is still running. The recorder waits for it even after the recording.
  [[nodiscard]] virtual bool command_is_running() const { return false; }

  // The exit status of the recorder.
  [[nodiscard]] virtual int exit_status() const { return 0; }

  // What is known of the command so far, for a recording that ends for another reason.
  [[nodiscard]] virtual Ended so_far() const { return {}; }
};

// Without a command, a signal ends the recording if its default action would end the recorder.
std::optional<Ended> ended_by_signal(const Signal &signal);

// Whether there is no live task and no new one.
bool is_empty(const Snapshot &tree);

}  // namespace rusage_bpf
