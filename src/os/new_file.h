// A file that is made without a name and then put in its place, so that under its name it is complete.
#pragma once

#include <sys/types.h>

#include <string>

#include "os/error.h"
#include "os/fd.h"
#include "os/file_place.h"

namespace rusage_bpf {

// It is created with the calling user's privileges and belongs to that user, also under sudo, and is gone if it is
// never put in place, however this process ends. Where the file system can make no file without a name, it has one of
// its own beside its place until then, ".NAME.BOOT.partial", which the next file for that place removes if it was left
// behind.
class NewFile {
 public:
  // A regular file that is there already is replaced in the end, and its mode kept where that is
  // stricter. Fails where `path` could not be replaced: it is a directory, a link, a pipe, a device,
  // or not the user's to write.
  static Result<NewFile> create(const std::string &path, mode_t mode);
  // The same in a place that is free or a regular file's, with the privileges of the calling thread; `path` is for
  // messages.
  static Result<NewFile> create(const FilePlace &place, std::string path, mode_t mode);

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
  // Gives it this name in its directory instead, unless something has that: whether it did.
  Result<bool> put_in_free_place(const std::string &name);
  // Gives it this name in its directory instead.
  Result<void> put_in_place_as(const std::string &name);
  [[nodiscard]] bool in_place() const { return in_place_; }
  // Takes the file away again; not what somebody else has put under its name since.
  Result<void> remove();

 private:
  NewFile(std::string path, std::string name, Fd directory)
      : path_(std::move(path)), name_(std::move(name)), directory_(std::move(directory)) {}
  Result<void> create_beside(mode_t mode);
  Result<void> link_beside();
  bool take_over(const std::string &temporary_name);

  std::string path_;
  std::string name_;  // in the directory
  Fd directory_;
  Fd file_;                     // open for reading and writing
  std::string temporary_name_;  // empty: it has none now
  bool in_place_ = false;
};

// Whether this name in the directory is that of the open file.
bool has_name(int fd, int directory, const std::string &name);

}  // namespace rusage_bpf
