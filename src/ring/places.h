// The default ring directories. In this order: $XDG_STATE_HOME/rusage-bpf, ~/.local/state/rusage-bpf,
// $XDG_RUNTIME_DIR/rusage-bpf, all three of the calling user, and /tmp.
#pragma once

#include <string>
#include <vector>

namespace rusage_bpf {

// Paths for a new ring, the preferred one first, of a name that no other recording has. Makes their directories where
// these are missing and can be made.
std::vector<std::string> new_ring_paths();

// A file that may be a ring of the calling user's, by its name, kind and owner.
struct PossibleRing {
  std::string path;
  bool unfinished = false;  // it has the name of one that was not complete
};
std::vector<PossibleRing> possible_rings();

}  // namespace rusage_bpf
