// The default ring directories. In this order: $XDG_STATE_HOME/rusage-bpf, ~/.local/state/rusage-bpf,
// $XDG_RUNTIME_DIR/rusage-bpf, these three for the calling user, and /tmp.
#pragma once

#include <string>
#include <vector>

namespace rusage_bpf {

// Paths for a new ring, the preferred one first. Their name is unique. Makes missing directories if it can.
std::vector<std::string> new_ring_paths();

// A file that may be a ring of the calling user, by its name, type and owner.
struct PossibleRing {
  std::string path;
  bool unfinished = false;  // it has the name of an incomplete ring
};
std::vector<PossibleRing> possible_rings();

}  // namespace rusage_bpf
