// Where the bytes of an output go, and how its file gets its name.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "os/error.h"
#include "os/fd.h"
#include "os/file_place.h"
#include "os/new_file.h"
#include "output/default_name.h"

namespace rusage_bpf {

// A file is a NewFile, which replaces an older file of its name. If that is impossible (a mounted file, a directory
// without write permission), the older file keeps its content until the output is complete, and is then written over. A
// symbolic link remains, and its target is replaced. Anything else is a stream and written directly: standard output,
// an inherited descriptor, a pipe, a device, a socket.
class Destination {
 public:
  // `path` as the command line has it; "-" is standard output. Fails if it cannot be written.
  static Result<Destination> open(const std::string &path);
  // In the working directory, under a default name.
  static Result<Destination> open_default();

  // For messages.
  [[nodiscard]] const std::string &name() const { return name_; }
  // Null if the name is not a default name.
  [[nodiscard]] const std::shared_ptr<DefaultName> &default_name() const { return default_name_; }
  [[nodiscard]] bool is_stream() const { return is_stream_; }
  // To write to; -1 before `wait_for_reader`, if that is needed.
  [[nodiscard]] int fd() const;

  // `wait_for_reader` opens a FIFO that has no reader yet; anything else is open.
  [[nodiscard]] bool lacks_reader() const { return static_cast<bool>(fifo_); }
  Result<void> wait_for_reader();

  // Whether later steps need the privilege to write where this user may not.
  [[nodiscard]] bool is_in_place_of_another() const;

  // Gives a file its name; later bytes go to `fd` again.
  Result<void> put_in_place();
  // The output is complete: puts it on the disk and the file in its place.
  Result<void> commit();

 private:
  explicit Destination(std::string name) : name_(std::move(name)) {}
  static Result<Destination> of_descriptor(const std::string &name, int fd);
  static Result<Destination> of_stream(const std::string &path, FilePlace place);
  static Result<Destination> of_file(const std::string &path, const FilePlace &place);

  [[nodiscard]] tl::unexpected<Error> failed() const { return errno_error(name_); }
  Result<void> write_over();
  Result<void> lock_old() const;

  std::string name_;
  std::shared_ptr<DefaultName> default_name_;
  bool is_stream_ = false;
  bool in_place_ = false;

  Fd stream_;
  Fd fifo_;  // opened with O_PATH, until there is a reader

  std::optional<NewFile> new_file_;
  Fd spare_;  // instead of a new file, if the directory cannot have one
  Fd old_;    // the older file, written over if it cannot be replaced
};

}  // namespace rusage_bpf
