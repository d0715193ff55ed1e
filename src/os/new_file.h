// A file that is made beside its place and then put there, so that under its name it is complete.
#pragma once

#include <sys/types.h>

#include <string>

#include "os/error.h"
#include "os/fd.h"

namespace rusage_bpf {

// It is created with the calling user's rights and belongs to that user, also under sudo; removed
// if it is never put in place.
class NewFile {
 public:
  // A regular file that is there already is replaced in the end, and its mode kept where that is
  // stricter. Fails where `path` could not be replaced: it is a directory, a link, a pipe, a device,
  // or not the user's to write.
  static Result<NewFile> create(const std::string &path, mode_t mode);

  NewFile(NewFile &&other) noexcept = default;
  NewFile &operator=(NewFile &&) = delete;
  ~NewFile();

  [[nodiscard]] const std::string &path() const { return path_; }
  [[nodiscard]] int fd() const { return file_.get(); }

  // Whether `put_in_place` needs the right to write into whatever directory: this one is not ours,
  // and its permissions are looked at when the file is renamed, not when the directory was opened.
  [[nodiscard]] bool in_directory_of_another() const;

  // Gives the file its name.
  Result<void> put_in_place();
  [[nodiscard]] bool in_place() const { return temporary_name_.empty(); }
  // Takes the file away again; not what somebody else has put under its name since.
  Result<void> remove();

 private:
  NewFile(std::string path, Fd directory)
      : path_(std::move(path)), directory_(std::move(directory)) {}

  std::string path_;
  Fd directory_;
  std::string name_;            // in that directory
  std::string temporary_name_;  // empty once the file is in place
  Fd file_;                     // open for reading and writing
};

}  // namespace rusage_bpf
