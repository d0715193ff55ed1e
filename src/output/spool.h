// A queue of text: a little in memory, more in a file without a name.
#pragma once

#include <sys/types.h>

#include <mutex>
#include <string>
#include <string_view>

#include "os/error.h"
#include "os/fd.h"

namespace rusage_bpf {

// First in, first out. One thread may write while another takes; neither waits for the disk of the other.
class Spool {
 public:
  // Fails if the disk of the file is full.
  Result<void> write(std::string_view text);
  // Takes the oldest text, at most about 1 MiB; empty if there is none.
  Result<std::string> take();

  // Drops all text.
  void clear();

  [[nodiscard]] bool empty() const;
  // Whether some of the text is in the file.
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
