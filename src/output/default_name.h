// The name of a recording without --output: rusage.json, or if that exists, rusage-2.json and so on.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "os/error.h"
#include "os/fd.h"

namespace rusage_bpf {

// The first is rusage.json.
std::string default_name(unsigned number);

// The name of one recording. It is chosen when the recording is complete, so that a killed recorder leaves no file.
// Safe to use from several threads.
class DefaultName {
 public:
  // `directory` is where the file will be.
  explicit DefaultName(Fd directory) : directory_(std::move(directory)) {}
  DefaultName(const DefaultName &) = delete;
  DefaultName &operator=(const DefaultName &) = delete;
  // Removes the empty file if no document has replaced it.
  ~DefaultName();

  // The first free name, and the same one at each call. An empty file reserves it until the document replaces the file.
  Result<std::string> claim();
  // The claimed name, or rusage.json.
  [[nodiscard]] std::string so_far() const;

 private:
  mutable std::mutex mutex_;
  Fd directory_;
  std::string name_;  // empty: not claimed
  Fd claim_;
};

// The files that a recording with the output `path` may be in: the path itself and, if it is the default name, the
// existing ones with other numbers in the same directory.
std::vector<std::string> possible_names(const std::string &path);

// The most recently written one in the working directory; rusage.json if there is none.
std::string newest_default_name();

}  // namespace rusage_bpf
