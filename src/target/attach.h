// A tree that runs already: one process, its threads, and all its living descendants.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "os/fd.h"
#include "target/target.h"

namespace rusage_bpf {

class Attach final : public Target {
 public:
  // Finds the process with this number, as we and the caller see it.
  static Result<Attach> find(pid_t pid);

  [[nodiscard]] Result<void> may_look() const override;

  // Without the recorder and its wrappers.
  [[nodiscard]] Selection selection() const override;
  [[nodiscard]] Result<void> check_alive() const override;

  // SIGINT and the like end the recording.
  Result<std::optional<Ended>> take(const Signal &signal) override;
  // The end of the last process.
  std::optional<Ended> end_seen_in(const Snapshot &snapshot) override;
  [[nodiscard]] bool see_end() const override;

 private:
  // As long as it lives, no other process can have its number.
  [[nodiscard]] bool alive() const { return !ends_within(0); }
  [[nodiscard]] bool ends_within(int milliseconds) const;
  Attach(pid_t pid, Fd process, std::vector<std::string> argv)
      : pid_(pid), process_(std::move(process)), argv_(std::move(argv)) {}

  pid_t pid_;
  Fd process_;  // a pidfd
  std::vector<std::string> argv_;
};

// A pidfd of the process with this number, as we see it; `option` is what asked for it.
Result<Fd> open_process(const char *option, pid_t pid);

}  // namespace rusage_bpf
