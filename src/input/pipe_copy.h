// Keeps what is read from a pipe, because a JSON document is read twice.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "os/error.h"
#include "os/fd.h"

namespace rusage_bpf {

class PipeCopy {
 public:
  PipeCopy(Fd pipe, std::string name) : pipe_(std::move(pipe)), name_(std::move(name)) {}

  // Reads at `offset`: from the copy, or from the pipe if it is the end of the copy. 0 at the end of the pipe.
  //
  // Fails if the copy would become larger than 1 GiB, or than half of the free space in the temporary directory.
  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> bytes);

  void stop_keeping() { keeps_ = false; }

 private:
  Result<std::size_t> read_pipe(std::span<char> bytes) const;
  Result<void> keep(std::string_view bytes);
  Result<void> start_file();
  Result<void> write_to_file(std::string_view bytes);

  Fd pipe_;
  std::string name_;
  bool keeps_ = true;
  std::uint64_t length_ = 0;  // of all that was read
  std::string memory_;        // the copy, while it is small
  Fd file_;                   // the copy, when it is large
  std::uint64_t max_bytes_ = 0;
};

}  // namespace rusage_bpf
