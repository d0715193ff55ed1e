// Where rings are when nobody says otherwise: $XDG_STATE_HOME/rusage-bpf or ~/.local/state/rusage-bpf
// of the calling user, else /tmp.
#pragma once

#include <string>
#include <vector>

namespace rusage_bpf {

// Paths for a new ring, the preferred one first. Makes its directory where that is missing.
std::vector<std::string> new_ring_paths();

// The files that may be rings of the calling user's, by their names and owner.
std::vector<std::string> possible_ring_paths();

}  // namespace rusage_bpf
