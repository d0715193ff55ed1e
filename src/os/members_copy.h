// The copy of this program for the members of a group. The packages install it beside the program for all users: it has
// the capabilities for BPF, and only members of its group may execute it. So the kernel decides who gets them.
#pragma once

#include <span>
#include <string>

namespace rusage_bpf {

// Where the copy of the program `executable` would be: ../libexec/rusage-bpf/rusage-bpf from its directory.
std::string members_copy_of(const std::string &executable);

// Has the copy go on in place of this program, if the user may execute it and this process has no capabilities of its
// own. Returns if not.
void become_members_copy(std::span<const char *const> arguments);

// The group whose members may execute the copy, if only they may; empty if there is no such copy.
std::string group_of_members_copy(const std::string &copy);

}  // namespace rusage_bpf
