// The command: started by us, held until the recorder is ready, and otherwise as it would be
// without us.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "model/recording.h"
#include "os/error.h"
#include "os/fd.h"

namespace rusage_bpf {

// The child keeps our terminal, process group, descriptors, and the signal mask and actions that we
// were given; so `hold` comes before any change to ours. What the terminal sends, it sends to both
// of us.
class Launch {
 public:
  // Forks. The child waits; if we end before `release`, it ends without having run anything.
  static Result<Launch> hold(std::vector<std::string> argv);

  [[nodiscard]] pid_t pid() const { return pid_; }

  // Lets the child become the command.
  Result<void> release();

  // Passes a signal on that was sent to us.
  void forward(int signal) const;

  struct Ended {
    Exit exit;
    KernelTotal kernel;  // the command's own and its reaped descendants'
  };
  // To be called at SIGCHLD: how the command ended; nothing while it lives. Fails if it could not
  // be executed.
  Result<std::optional<Ended>> reap();

 private:
  Launch(std::vector<std::string> argv, pid_t pid, Fd start, Fd failure)
      : argv_(std::move(argv)), pid_(pid), start_(std::move(start)), failure_(std::move(failure)) {}

  // A command in the foreground that stopped itself alone (Ctrl-Z in some full-screen programs)
  // stops us as well: the shell watches us, and would otherwise not know that the job waits for
  // `fg`.
  void stop_with_command() const;

  std::vector<std::string> argv_;
  pid_t pid_;
  Fd start_;    // closed unread, it ends the child; a byte lets it go
  Fd failure_;  // the child's errno if exec failed, nothing if it did not
};

}  // namespace rusage_bpf
