// Where an output's bytes go: a file that appears under its name when it is complete, or earlier if
// it is to be read while it grows; standard output; or a device.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "os/error.h"
#include "os/fd.h"
#include "os/new_file.h"

namespace rusage_bpf {

// A file is a NewFile, put in place by `commit` unless that was done before. A character device (/dev/null), or standard
// output, named "-", is written as it is.
class OutputFile {
 public:
  // Fails where `path` could not be replaced.
  static Result<OutputFile> create(const std::string &path);

  // Whether putting it in place needs the right to write into whatever directory.
  [[nodiscard]] bool in_directory_of_another() const {
    return file_ && file_->in_directory_of_another();
  }

  // Appends. Bytes are kept back until there are enough to be worth a system call.
  Result<void> write(std::string_view bytes);
  // What was written so far can be read by others. Where the disk is full, a file that is in place
  // already is cut back to what the flush before this one wrote, so that no torn line is left.
  Result<void> flush();
  // Gives the file its name already, for readers that follow it. It stays there, complete or not.
  Result<void> put_in_place();
  // Everything is on the disk, and the file in its place.
  Result<void> commit();

 private:
  OutputFile(std::string name, Fd stream) : name_(std::move(name)), stream_(std::move(stream)) {}
  explicit OutputFile(NewFile file) : name_(file.path()), file_(std::move(file)) {}

  std::string name_;  // for messages
  Fd stream_;         // one of the two is set
  std::optional<NewFile> file_;
  off_t flushed_bytes_ = 0;
  std::string buffer_;
};

}  // namespace rusage_bpf
