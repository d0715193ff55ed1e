// Keeping another user's command from typing into the terminal that it was given.
//
// A terminal takes keys from whoever it controls (TIOCSTI; TIOCLINUX on a console): after the command, the shell that
// ran us would read and execute them, as its own user.
#pragma once

#include "os/error.h"

namespace rusage_bpf {

// Whether this process has a terminal that the kernel would let it type into.
bool could_type();

// Makes the kernel refuse this process, and all that it will start, to type into terminals. Setuid programs stay what
// they are where we have CAP_SYS_ADMIN; where root has not, as in many containers, they become ordinary ones.
Result<void> forbid_typing();

}  // namespace rusage_bpf
