// Text that waits: a little in memory, more in a file that has no name.
#pragma once

#include <sys/types.h>

#include <mutex>
#include <string>
#include <string_view>

#include "os/error.h"
#include "os/fd.h"

namespace rusage_bpf {

// First in, first out. One thread may write while another takes; neither waits for the other's disk.
class Spool {
 public:
  // Fails where there is no room for the file.
  Result<void> write(std::string_view text);
  // Takes what was written first, at most about 1 MiB; nothing where all was taken.
  Result<std::string> take();

  // Forgets all of it.
  void clear();

  [[nodiscard]] bool empty() const;
  // Whether there was more than memory is given for.
  [[nodiscard]] bool in_file() const;

 private:
  Result<void> move_to_file();

  mutable std::mutex mutex_;
  std::string buffer_;  // the latest
  Fd file_;
  off_t in_file_ = 0;  // bytes
  off_t taken_ = 0;    // of them
};

}  // namespace rusage_bpf
