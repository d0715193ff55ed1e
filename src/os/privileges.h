// What the kernel lets us do beyond what any process may, and how to give it up.
#pragma once

#include <sys/capability.h>

#include "os/error.h"

namespace rusage_bpf {

// Whether it is in effect now.
bool has_capability(cap_value_t capability);

// What the set-up leaves to be done that only privileges allow.
struct RetainedCapabilities {
  bool signal_others = false;           // processes of other users
  bool read_proc_of_others = false;     // their descriptors in /proc/PID/fd
  bool write_in_others_places = false;  // their directories
};

// Gives up for good every capability that is not needed for these, in all sets, so that no program
// we might execute would get one back; and makes us the user who called sudo, if one did.
Result<void> drop_privileges(const RetainedCapabilities &needed);

}  // namespace rusage_bpf
