// Where an output's bytes go: a file that appears when it is complete, standard output, or a device.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "os/error.h"
#include "os/fd.h"
#include "os/new_file.h"

namespace rusage_bpf {

// A file is a NewFile, put in place by `commit`. A character device (/dev/null), or standard
// output, named "-", is written as it is.
class OutputFile {
 public:
  // Fails where `path` could not be replaced.
  static Result<OutputFile> create(const std::string &path);

  // Whether `commit` needs the right to write into whatever directory.
  [[nodiscard]] bool in_directory_of_another() const {
    return file_ && file_->in_directory_of_another();
  }

  // Appends. Bytes are kept back until there are enough to be worth a system call.
  Result<void> write(std::string_view bytes);
  // Everything is on its way to the disk, and the file in its place.
  Result<void> commit();

 private:
  OutputFile(std::string name, Fd stream) : name_(std::move(name)), stream_(std::move(stream)) {}
  explicit OutputFile(NewFile file) : name_(file.path()), file_(std::move(file)) {}
  Result<void> flush();

  std::string name_;  // for messages
  Fd stream_;         // one of the two is set
  std::optional<NewFile> file_;
  std::string buffer_;
};

}  // namespace rusage_bpf
