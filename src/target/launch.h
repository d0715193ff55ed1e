// The command: started by us, held until the recorder is ready, and otherwise as it would be
// without us.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <vector>

#include "os/fd.h"
#include "os/user.h"
#include "target/keeper.h"
#include "target/target.h"

namespace rusage_bpf {

// The child keeps our terminal, process group, descriptors, and the signal mask and actions that we
// were given; so `hold` comes before any change to ours. What the terminal sends, it sends to both
// of us.
class Launch final : public Target {
 public:
  // When the recording ends: with the command, or with the last of its descendants.
  enum class Until { command, tree };

  // Forks. The child waits; if we end before `release`, it ends without having run anything. Where
  // a user is given, which only root may do, it is that user's from here on: it has become it when
  // this returns, so that that user can send it signals.
  static Result<Launch> hold(std::vector<std::string> argv, Until until = Until::command,
                             const std::optional<User> &user = std::nullopt);

  [[nodiscard]] Selection selection() const override;
  [[nodiscard]] std::optional<uid_t> user_to_signal() const override { return uid_; }

  // Lets the child become the command.
  Result<void> release() override;

  // Passes signals on to the command while it lives, and takes note of its end at SIGCHLD. Fails if
  // it could not be executed.
  Result<std::optional<Ended>> take(const Signal &signal) override;

  // Reaps what has ended, whether a signal has said so or not.
  Result<std::optional<Ended>> check() override;

  std::optional<Ended> end_seen_in(const Snapshot &snapshot) override;
  [[nodiscard]] Ended so_far() const override { return ended_.value_or(Ended{}); }

  Result<void> adopt_orphans(const BeforeReaping &before_reaping) override;
  void forget_orphans() override { before_reaping_ = {}; }

  // The command lives, and is not held.
  [[nodiscard]] bool is_awaited() const override { return !ended_ && !start_; }
  // The command's.
  [[nodiscard]] int exit_status() const override;

  // Reaps all children that are over. Nothing while the command lives.
  Result<std::optional<Ended>> reap();

 private:
  Launch(std::vector<std::string> argv, Until until, uid_t uid, pid_t pid, std::optional<Keeper> keeper, Fd start,
         Fd failure)
      : argv_(std::move(argv)),
        until_(until),
        uid_(uid),
        pid_(pid),
        keeper_(std::move(keeper)),
        start_(std::move(start)),
        failure_(std::move(failure)) {}

  [[nodiscard]] bool has_reached_command(const Signal &signal) const;
  void forward(const Signal &signal) const;

  // A command in the foreground that stopped itself alone (Ctrl-Z in some full-screen programs)
  // stops us as well: the shell watches us, and would otherwise not know that the job waits for
  // `fg`.
  void stop_with_command() const;
  [[nodiscard]] bool stopped_by_itself() const;

  [[nodiscard]] bool has_children() const;
  Result<void> reap_own_children();
  Result<void> reap_by_keeper();
  void note_end(pid_t pid, int status, const rusage &usage);
  // Fails where the child that was to become the command, and has ended, could not execute it.
  Result<void> check_executed(pid_t pid);

  std::vector<std::string> argv_;
  Until until_;
  uid_t uid_;
  pid_t pid_;
  std::optional<Keeper> keeper_;  // where we have children that are none of the command's
  int stopped_by_ = 0;            // what has stopped the command last, as the keeper reports it
  std::optional<Ended> ended_;
  BeforeReaping before_reaping_;
  Fd start_;    // closed unread, it ends the child; a byte lets it go
  Fd failure_;  // the child's errno if exec failed, nothing if it did not
};

}  // namespace rusage_bpf
