// A process tree that is already running: one process, its threads, and its live descendants.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "os/fd.h"
#include "target/target.h"

namespace rusage_bpf {

class Attach final : public Target {
 public:
  // Finds the process with this pid in the recorder's pid namespace.
  static Result<Attach> find(pid_t pid);

  [[nodiscard]] Result<void> check_may_trace() const override;

  // Without the recorder and its wrappers.
  [[nodiscard]] Selection selection() const override;
  [[nodiscard]] Result<void> check_live() const override;

  // SIGINT and similar signals end the recording.
  Result<std::optional<Ended>> handle(const Signal &signal) override;
  // Ended if there is no process.
  std::optional<Ended> end_in(const Snapshot &snapshot) override;
  [[nodiscard]] bool wait_if_exiting() const override;

 private:
  // While it is live, no other process can have its pid.
  [[nodiscard]] bool is_live() const { return !exits_within(0); }
  [[nodiscard]] bool exits_within(int milliseconds) const;
  Attach(pid_t pid, Fd process, std::vector<std::string> argv)
      : pid_(pid), process_(std::move(process)), argv_(std::move(argv)) {}

  pid_t pid_;
  Fd process_;  // a pidfd
  std::vector<std::string> argv_;
};

// Opens a pidfd. `option` is the option with the pid, for error messages.
Result<Fd> open_process(const char *option, pid_t pid);

}  // namespace rusage_bpf
