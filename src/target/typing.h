// Prevents a command of another user from typing into its terminal.
//
// A process can add input to its controlling terminal (TIOCSTI; TIOCLINUX on a console). After the command, the user's
// shell would read that input and execute it.
#pragma once

#include "os/error.h"

namespace rusage_bpf {

// Whether the kernel allows this process to type into a terminal.
bool could_type();

// Forbids this process and its future children to type into terminals. Without CAP_SYS_ADMIN, which root does not have
// in many containers, setuid programs then run without their privileges.
Result<void> forbid_typing();

}  // namespace rusage_bpf
