// The child that becomes the command: it waits for the recorder before its exec, and reports an error instead of an
// exec.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "os/error.h"
#include "os/fd.h"
#include "os/user.h"

namespace rusage_bpf {

struct Pipe {
  Fd read_end;
  Fd write_end;
};

Result<Pipe> make_pipe();

// In the child: becomes the user, if one is given, and sends the result. Then waits for a byte from `release` and
// executes the command. If `release` is closed without a byte, the child exits.
[[noreturn]] void run_command_child(const std::vector<std::string> &argv, const std::vector<std::string> &environment,
                                    const std::optional<User> &user, int release, int errors);

// In the recorder: the errno from the child, or 0. Nothing if the child exited or executed the command without sending
// one.
std::optional<int> receive_error(int errors);

}  // namespace rusage_bpf
