// All checks before BPF programs are loaded. Features are tried, and never guessed from a version. BpfSource::open
// finally decides whether BPF works.
#pragma once

#include <string>
#include <vector>

#include "probe/check.h"
#include "probe/roots.h"

namespace rusage_bpf {

// What recording with BPF needs. The first check that stops recording is the cause; later ones may only follow from it.
std::vector<Check> bpf_checks(const Roots &roots = {});

// What polling /proc needs.
std::vector<Check> proc_checks(const Roots &roots = {});

// Whether a call of bpf would kill this process. Then nothing else may be tried. Costs nothing without a seccomp
// filter.
bool bpf_kills();

// The check for programs for `what` that the kernel refused with this errno, if no other check says why. `reason` is
// the kernel's message, or empty.
Check programs_refused(std::string what, int error_number, const std::string &reason = {});

// Why the kernel refused, in one line: the check that stops recording, or else only that it refused.
std::string why_refused(int error_number, const std::string &reason = {});

}  // namespace rusage_bpf
