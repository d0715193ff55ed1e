// Where an output's bytes go, and how they come to stand under its name.
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

// A file is a NewFile, which replaces what has its name. Where that cannot be (a file that is mounted on its name, a
// directory that is not ours to write), what is there is written over in place, and keeps its content until then. A
// symbolic link stays, and what it points to is meant. Everything else is a stream, and written as it is: standard
// output, a descriptor that was inherited, a pipe, a device, a socket.
class Destination {
 public:
  // `path` as the command line has it; "-" is standard output. Fails where nothing could be written there.
  static Result<Destination> open(const std::string &path);
  // In the working directory, under a default name.
  static Result<Destination> open_default();

  // For messages.
  [[nodiscard]] const std::string &name() const { return name_; }
  // Nothing where the name is another.
  [[nodiscard]] const std::shared_ptr<DefaultName> &default_name() const { return default_name_; }
  [[nodiscard]] bool is_stream() const { return is_stream_; }
  // To write to; none before `wait_for_reader` where that has to be called.
  [[nodiscard]] int fd() const;

  // A FIFO without a reader yet is opened by this, which waits for a reader; anything else is open.
  [[nodiscard]] bool lacks_reader() const { return static_cast<bool>(fifo_); }
  Result<void> wait_for_reader();

  // Whether some of what is to be done still needs the right to write into whatever place.
  [[nodiscard]] bool is_in_place_of_another() const;

  // Gives a file its name. What is written to `fd` from now on is written there.
  Result<void> put_in_place();
  // That was all: it is on the disk, and the file in its place.
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
  Fd spare_;  // instead of a new file, where none can be made beside the old one
  Fd old_;    // what has the name, to be written over where it cannot be replaced
};

}  // namespace rusage_bpf
