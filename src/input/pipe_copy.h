// What comes through a pipe, kept so that it can be read again: a JSON document is read twice.
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

  // What stands at `offset`, which lies in what was read so far, or at its end: then the pipe is read. 0 at its end.
  //
  // A copy that would grow past a GiB, or past half of the room in the temporary directory, is an error that says so.
  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> bytes);

  void keep_no_more() { keeps_ = false; }

 private:
  Result<std::size_t> read_pipe(std::span<char> bytes) const;
  Result<void> keep(std::string_view bytes);
  Result<void> begin_file();
  Result<void> write_to_file(std::string_view bytes);

  Fd pipe_;
  std::string name_;
  bool keeps_ = true;
  std::uint64_t length_ = 0;  // of what was read
  std::string memory_;        // the copy, while it is small
  Fd file_;                   // the copy, once it is not
  std::uint64_t most_bytes_ = 0;
};

}  // namespace rusage_bpf
