// A file that is created without a name and gets its name when it is complete.
#pragma once

#include <sys/types.h>

#include <string>

#include "os/error.h"
#include "os/fd.h"
#include "os/file_place.h"

namespace rusage_bpf {

// It is created with the calling user's privileges and belongs to that user, also under sudo. If it never gets its
// name, it is removed, even if the process is killed. Some file systems cannot create a file without a name. There, it
// has a temporary name, ".NAME.BOOT.partial", and the next file for the same path removes it if it was left behind.
class NewFile {
 public:
  // An existing regular file is replaced in the end, and its mode is kept if it is stricter. Fails if `path` cannot be
  // replaced: it is a directory, a link, a pipe or a device, or the user may not write it.
  static Result<NewFile> create(const std::string &path, mode_t mode);
  // The same with the privileges of the calling thread, at a place without a file or with a regular one. `path` is for
  // messages.
  static Result<NewFile> create(const FilePlace &place, std::string path, mode_t mode);

  NewFile(NewFile &&other) noexcept = default;
  NewFile &operator=(NewFile &&) = delete;
  ~NewFile();

  [[nodiscard]] const std::string &path() const { return path_; }
  [[nodiscard]] int fd() const { return file_.get(); }

  // Whether `put_in_place` needs privileges, because the directory belongs to another user: the kernel checks
  // permissions at the rename, and not when the directory was opened.
  [[nodiscard]] bool in_directory_of_another() const;

  // Gives the file its name.
  Result<void> put_in_place();
  // Gives it another name in its directory. False if a file has that name.
  Result<bool> put_in_free_place(const std::string &name);
  // Gives it another name in its directory, and replaces a file with that name.
  Result<void> put_in_place_as(const std::string &name);
  [[nodiscard]] bool in_place() const { return in_place_; }
  // Removes the file, but no other file that has its name now.
  Result<void> remove();

 private:
  NewFile(std::string path, std::string name, Fd directory)
      : path_(std::move(path)), name_(std::move(name)), directory_(std::move(directory)) {}
  Result<void> create_beside(mode_t mode);
  Result<void> link_beside();
  bool claim_temporary_name(const std::string &temporary_name);

  std::string path_;
  std::string name_;  // in the directory
  Fd directory_;
  Fd file_;                     // open for reading and writing
  std::string temporary_name_;  // empty: none
  bool in_place_ = false;
};

// Whether the open file has this name in the directory.
bool has_name(int fd, int directory, const std::string &name);

}  // namespace rusage_bpf
