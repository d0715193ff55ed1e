// The privileges of this process, and how to give them up.
#pragma once

#include <sys/capability.h>

#include "os/error.h"

namespace rusage_bpf {

// Whether the capability is effective.
bool has_capability(cap_value_t capability);

// What the recorder still needs privileges for after its setup.
struct RetainedCapabilities {
  bool signal_others = false;           // send signals to processes of other users
  bool read_proc_of_others = false;     // read their descriptors in /proc/PID/fd
  bool write_in_others_places = false;  // write into their directories
};

// Gives up every other capability forever, in all sets, so that an exec cannot give one back. Under sudo, the process
// becomes the user that called sudo.
Result<void> drop_privileges(const RetainedCapabilities &needed);

}  // namespace rusage_bpf
