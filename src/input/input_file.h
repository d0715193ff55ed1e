// Where a recording is read from: a file, or standard input. It is read as often as its reader likes.
#pragma once

#include <array>
#include <cstdint>
#include <streambuf>
#include <string>

#include "os/error.h"
#include "os/fd.h"

namespace rusage_bpf {

class InputFile {
 public:
  // "-" is standard input, which is copied to a temporary file where it is none itself. Fails for
  // what is no regular file, and for an empty one.
  static Result<InputFile> open(const std::string &path);

  // `file` is a regular one; `name` is for messages.
  InputFile(Fd file, std::string name) : file_(std::move(file)), name_(std::move(name)) {}

  [[nodiscard]] int fd() const { return file_.get(); }
  [[nodiscard]] const std::string &name() const { return name_; }

  // "`name`: `what`".
  [[nodiscard]] tl::unexpected<Error> error(const std::string &what) const;

 private:
  Fd file_;
  std::string name_;
};

// A file from its beginning on, as the source of a stream. What the reader has to keep in memory at
// once is a part, and a file with an overlong one ends there: see `part_too_long`.
class InputBuffer final : public std::streambuf {
 public:
  explicit InputBuffer(const InputFile &file) : fd_(file.fd()) {}

  // What was read so far is no longer kept in memory.
  void begin_part() { part_begin_ = position(); }

  // Why the end of the stream is not the end of the file.
  [[nodiscard]] bool part_too_long() const { return part_too_long_; }
  [[nodiscard]] int read_errno() const { return read_errno_; }

  // How many bytes were read.
  [[nodiscard]] std::uint64_t position() const {
    return offset_ - static_cast<std::uint64_t>(egptr() - gptr());
  }

 protected:
  int_type underflow() override;

 private:
  int fd_;
  std::uint64_t offset_ = 0;  // of the end of the buffer
  std::uint64_t part_begin_ = 0;
  bool part_too_long_ = false;
  int read_errno_ = 0;
  std::array<char, std::size_t{64} << 10> buffer_{};
};

}  // namespace rusage_bpf
