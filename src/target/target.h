// What is recorded: a command that we start, a tree that runs already, or a cgroup.
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

  // Whether the caller may look into all of it, whatever we are able to: root into all, others into those that they
  // could trace.
  [[nodiscard]] virtual Result<void> may_look() const { return {}; }

  // Called for each child that is over, and before it is waited for: its number, its status as wait reports it, and
  // what it and all that it has waited for have used.
  using BeforeReaping = std::function<void(pid_t, int status, const KernelTotal &)>;

  // Makes us the reaper of the command's orphans.
  virtual Result<void> adopt_orphans(const BeforeReaping &) { return {}; }
  // No one is to be called any more.
  virtual void forget_orphans() {}

  // Fails where it has ended before it was recorded, as far as that can be said.
  [[nodiscard]] virtual Result<void> check_alive() const { return {}; }

  // The user of the processes that signals are passed on to, if any are.
  [[nodiscard]] virtual std::optional<uid_t> user_to_signal() const { return std::nullopt; }

  // The recorder is ready: what was held back may run.
  virtual Result<void> release() { return {}; }

  // A signal came to the recorder: passes it on, or takes it for the end of the recording.
  virtual Result<std::optional<Ended>> take(const Signal &signal) = 0;

  // To be called before each look: the end of the recording where no signal has said so, as when the kernel has made
  // one signal of several.
  virtual Result<std::optional<Ended>> check() { return std::nullopt; }

  // The end of the recording, if what was just seen of the target is that.
  virtual std::optional<Ended> end_seen_in(const Snapshot &snapshot) = 0;

  // Whether it is ending just now, as whoever holds the recorder's input may be when that ends. Waits
  // for the end then, so that the last look sees it; a second at most.
  [[nodiscard]] virtual bool see_end() const { return false; }

  // Whether it goes on without its recording, and its end is to be waited for all the same.
  [[nodiscard]] virtual bool is_awaited() const { return false; }

  // The recorder's, when all is over.
  [[nodiscard]] virtual int exit_status() const { return 0; }

  // What an end for another reason (a time, an end of input) knows of the target.
  [[nodiscard]] virtual Ended so_far() const { return {}; }
};

// The end that a signal means where there is no command to pass it on to: each whose default action
// would end the recorder ends the recording, the others do not.
std::optional<Ended> ended_by_signal(const Signal &signal);

// Whether no task is left, and none on its way.
bool is_empty(const Snapshot &tree);

}  // namespace rusage_bpf
