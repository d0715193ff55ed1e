// A file that appears under its name only when it is complete.
#pragma once

#include <string>
#include <string_view>

#include "os/error.h"
#include "os/fd.h"

namespace rusage_bpf {

// Written beside its place and renamed by `commit`; removed if that never comes. It is created with
// the calling user's rights and belongs to that user, also under sudo. A character device
// (/dev/null), or standard output, named "-", is written as it is.
class OutputFile {
 public:
  // Fails where `path` could not be replaced: it is a directory, a link, a pipe, or not the user's
  // to write.
  static Result<OutputFile> create(const std::string &path);

  OutputFile(OutputFile &&other) noexcept = default;
  OutputFile &operator=(OutputFile &&) = delete;
  ~OutputFile();

  // Whether `commit` needs the right to write into whatever directory: this one is not ours, and
  // its permissions are looked at when the file is renamed, not when the directory was opened.
  [[nodiscard]] bool in_directory_of_another() const;

  // Appends. Bytes are kept back until there are enough to be worth a system call.
  Result<void> write(std::string_view bytes);
  // Everything is on its way to the disk, and the file in its place.
  Result<void> commit();

 private:
  OutputFile(std::string path, Fd file) : path_(std::move(path)), file_(std::move(file)) {}
  Result<void> flush();

  std::string path_;
  Fd file_;
  Fd directory_;      // set where the file is renamed in the end
  std::string name_;  // in that directory
  std::string temporary_name_;
  std::string buffer_;
};

}  // namespace rusage_bpf
