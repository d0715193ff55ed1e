// All that is looked at before anything is loaded. What recording needs is tried, never guessed from a version; the
// last word on BPF has BpfSource::open.
#pragma once

#include <string>
#include <vector>

#include "probe/check.h"
#include "probe/roots.h"

namespace rusage_bpf {

// What recording with BPF needs, in this order: the first that stops it is the cause, and what comes after may only be
// what follows from it.
std::vector<Check> bpf_checks(const Roots &roots = {});

// What polling /proc needs.
std::vector<Check> proc_checks(const Roots &roots = {});

// Whether calling bpf would end us; if so, nothing else is to be tried. Costs nothing where no seccomp filter is.
bool bpf_kills();

// Our own programs for `what` were refused with this error number, although nothing above says why. `reason` is what
// the kernel said, or empty.
Check programs_refused(std::string what, int error_number, const std::string &reason = {});

// Why the kernel has refused, in one line: what stops recording, or else that it has.
std::string why_refused(int error_number, const std::string &reason = {});

}  // namespace rusage_bpf
