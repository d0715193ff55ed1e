// The message for a command that could not be executed.
#pragma once

#include <string>

#include "os/error.h"

namespace rusage_bpf {

// `reason` is the errno of execvp(3).
tl::unexpected<Error> exec_error(const std::string &command, int reason);

}  // namespace rusage_bpf
