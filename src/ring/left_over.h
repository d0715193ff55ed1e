// Finds the caller's rings, and removes them. A ring in use is never removed.
#pragma once

#include <string>
#include <vector>

#include "ring/reader.h"

namespace rusage_bpf {

struct RingFound {
  std::string path;
  bool unfinished = false;                // its recorder was killed before it was complete, or is at it
  std::uint64_t bytes = 0;                // that it takes on the disk
  std::uint64_t changed_realtime_ns = 0;  // its last row's end, where that is known
  std::uint64_t rows = 0;                 // that it holds and that can be trusted
  Result<RingReader> reader;

  // What there is of it now.
  static RingFound look_at(const std::string &path, bool unfinished);

  // 0 where it cannot be read.
  [[nodiscard]] std::uint64_t start_realtime_ns() const { return reader ? reader->recording().start_realtime_ns : 0; }
};

// The calling user's, in all places, the newest first.
std::vector<RingFound> find_rings();

// The files that the notebook package keeps beside its ring: rows, messages, and how to reach its recorder.
std::vector<std::string> files_beside(const std::string &ring);

// Holds a ring that is not in use, so that no recorder can start to use it.
class HeldRing {
 public:
  // Fails for what is recorded to, and for what is no ring, or not the caller's.
  static Result<HeldRing> hold(const RingFound &ring);

  // Takes it away, if its name still is its own, and the files beside it.
  Result<void> remove();

 private:
  HeldRing(std::string path, Fd file) : path_(std::move(path)), file_(std::move(file)) {}

  std::string path_;
  Fd file_;
};

}  // namespace rusage_bpf
