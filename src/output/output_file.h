// Where an output's bytes go: a file that appears under its name when it is complete, or earlier if
// it is to be read while it grows; standard output; or a device.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "os/error.h"
#include "os/fd.h"
#include "os/new_file.h"
#include "output/output.h"

namespace rusage_bpf {

// A file is a NewFile, put in place by `commit` unless that was done before. A character device (/dev/null), or standard
// output, named "-", is written as it is.
class OutputFile final : public Output {
 public:
  // Fails where `path` could not be replaced.
  static Result<OutputFile> create(const std::string &path);

  [[nodiscard]] const std::string &name() const { return name_; }  // for messages
  [[nodiscard]] int fd() const { return file_ ? file_->fd() : stream_.get(); }

  // Whether putting it in place needs the right to write into whatever directory.
  [[nodiscard]] bool in_directory_of_another() const {
    return file_ && file_->in_directory_of_another();
  }

  Result<void> write(std::string_view bytes) override;
  Result<void> write(std::unique_ptr<Spool> text) override;
  // Where the disk is full, a file that is in place already is cut back to what the flush before
  // this one wrote, so that no torn line is left.
  Result<void> flush() override;
  Result<void> put_in_place() override;
  Result<void> commit() override;

 private:
  OutputFile(std::string name, Fd stream) : name_(std::move(name)), stream_(std::move(stream)) {}
  explicit OutputFile(NewFile file) : name_(file.path()), file_(std::move(file)) {}

  std::string name_;
  Fd stream_;  // one of the two is set
  std::optional<NewFile> file_;
  off_t flushed_bytes_ = 0;
  std::string buffer_;
};

}  // namespace rusage_bpf
