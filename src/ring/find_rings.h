// Finds the caller's rings, and removes them. A ring in use is never removed.
#pragma once

#include <string>
#include <vector>

#include "ring/reader.h"

namespace rusage_bpf {

struct RingFound {
  std::string path;
  bool unfinished = false;                // it is not complete yet, or its recorder was killed before
  std::uint64_t bytes = 0;                // on the disk
  std::uint64_t changed_realtime_ns = 0;  // the end of its last row, or the file's last change
  std::uint64_t rows = 0;                 // valid rows
  Result<RingReader> reader;

  // Reads the current state of the file.
  static RingFound read(const std::string &path, bool unfinished);

  // 0 if it cannot be read.
  [[nodiscard]] std::uint64_t start_realtime_ns() const { return reader ? reader->recording().start_realtime_ns : 0; }
};

// The rings of the calling user in all default directories, the newest first.
std::vector<RingFound> find_rings();

// The files that the Python package keeps beside its ring: rows, messages, and how to reach its recorder.
std::vector<std::string> files_beside(const std::string &ring);

// Locks a ring that is not in use, so that no recorder can start to use it.
class LockedRing {
 public:
  // Fails if a recorder uses the ring, or if it is no ring of the caller.
  static Result<LockedRing> lock(const RingFound &ring);

  // Removes the ring, if it still has its name, and the files beside it.
  Result<void> remove();

 private:
  LockedRing(std::string path, Fd file) : path_(std::move(path)), file_(std::move(file)) {}

  std::string path_;
  Fd file_;
};

}  // namespace rusage_bpf
