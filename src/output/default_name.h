// What a recording is called that has been given no name: rusage.json, or, where that is taken, rusage-2.json and so
// on.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "os/error.h"
#include "os/fd.h"

namespace rusage_bpf {

// The first is rusage.json.
std::string default_name(unsigned number);

// The name of one recording. It is chosen when the recording is complete, so that one that is killed leaves none. May
// be used by several threads.
class DefaultName {
 public:
  // `directory` is where the file will be.
  explicit DefaultName(Fd directory) : directory_(std::move(directory)) {}
  DefaultName(const DefaultName &) = delete;
  DefaultName &operator=(const DefaultName &) = delete;
  // Gives the name back if no document has got it.
  ~DefaultName();

  // The first that is free, from the first time on: an empty file keeps it from others until the document replaces
  // that.
  Result<std::string> claim();
  // The name if it was claimed, or else what it should be.
  [[nodiscard]] std::string so_far() const;

 private:
  mutable std::mutex mutex_;
  Fd directory_;
  std::string name_;  // empty: not claimed
  Fd claim_;
};

// The files that a recording with the output `path` may be in: the path itself and, where it is of the default name,
// those beside it with other numbers that exist.
std::vector<std::string> possible_names(const std::string &path);

// The one in the working directory that was written last; rusage.json where there is none.
std::string newest_default_name();

}  // namespace rusage_bpf
