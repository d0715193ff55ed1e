// The command: the recorder starts it and lets it execute when the recorder is ready. Otherwise it runs as it would
// without the recorder.
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

// The child has the recorder's terminal, process group, descriptors, signal mask and signal actions. So `start` must
// come before the recorder changes its own. Signals from the terminal go to both.
class Launch final : public Target {
 public:
  // The recording ends with the command, or with its last descendant.
  enum class Until { command, tree };

  // Forks the child, which waits for `release`. If the recorder exits before that, the child exits too. With `user`,
  // which only root may give, the child has become that user when this returns, so that the user can send it signals.
  static Result<Launch> start(std::vector<std::string> argv, Until until = Until::command,
                              const std::optional<User> &user = std::nullopt);

  [[nodiscard]] Selection selection() const override;
  [[nodiscard]] std::optional<uid_t> user_to_signal() const override { return uid_; }

  // Lets the child execute the command.
  Result<void> release() override;

  // Passes signals on to the command while it is live, and reaps at SIGCHLD. Fails if the command could not be
  // executed.
  Result<std::optional<Ended>> handle(const Signal &signal) override;

  // Reaps exited children, even without a signal.
  Result<std::optional<Ended>> check() override;

  std::optional<Ended> end_in(const Snapshot &snapshot) override;
  [[nodiscard]] Ended so_far() const override { return ended_.value_or(Ended{}); }

  Result<void> reap_orphans(const BeforeReaping &before_reaping) override;
  void remove_before_reaping() override { before_reaping_ = {}; }

  [[nodiscard]] bool command_is_running() const override { return !ended_ && !release_; }
  // The exit status of the command.
  [[nodiscard]] int exit_status() const override;

  // Reaps all exited children. Nothing while the command is live.
  Result<std::optional<Ended>> reap();

 private:
  Launch(std::vector<std::string> argv, Until until, uid_t uid, pid_t pid, std::optional<Keeper> keeper, Fd release,
         Fd errors)
      : argv_(std::move(argv)),
        until_(until),
        uid_(uid),
        pid_(pid),
        keeper_(std::move(keeper)),
        release_(std::move(release)),
        errors_(std::move(errors)) {}

  [[nodiscard]] bool has_reached_command(const Signal &signal) const;
  void forward(const Signal &signal) const;

  // If a command in the foreground stops only itself, as some full-screen programs do at Ctrl-Z, the recorder stops
  // too: otherwise the shell, which waits for the recorder, would not know that the job is stopped.
  void stop_with_command() const;
  [[nodiscard]] bool stopped_by_itself() const;

  [[nodiscard]] bool has_children() const;
  Result<void> reap_own_children();
  Result<void> reap_by_keeper();
  void note_exit(pid_t pid, int status, const rusage &usage);
  // Fails if `pid` is the command's child and could not execute the command.
  Result<void> check_executed(pid_t pid);

  std::vector<std::string> argv_;
  Until until_;
  uid_t uid_;
  pid_t pid_;
  std::optional<Keeper> keeper_;  // if the recorder has other children
  int stopped_by_ = 0;            // the signal that stopped the command last, from the keeper
  std::optional<Ended> ended_;
  BeforeReaping before_reaping_;
  Fd release_;  // see run_command_child
  Fd errors_;
};

}  // namespace rusage_bpf
