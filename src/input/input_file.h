// Where a recording is read from: a file, or standard input. It is read as often as its reader likes, up to the end
// that it had when it was opened.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <streambuf>
#include <string>

#include "input/pipe_copy.h"
#include "os/error.h"
#include "os/fd.h"

namespace rusage_bpf {

class InputFile {
 public:
  // "-" is standard input, of which what comes through a pipe is kept as far as it is read. Fails for what is neither
  // that nor a regular file, and for an empty one.
  static Result<InputFile> open(const std::string &path);

  // `file` is a regular one; `name` is for messages.
  InputFile(Fd file, std::string name);

  [[nodiscard]] const std::string &name() const { return name_; }

  // What stands at `offset`, as much of it as there is at once; 0 at the end.
  [[nodiscard]] Result<std::size_t> read_at(std::uint64_t offset, std::span<char> bytes) const;

  // From now on it is read once, from the beginning to the end: nothing more of it need be kept.
  void read_once() const;

  // "`name`: `what`".
  [[nodiscard]] tl::unexpected<Error> error(const std::string &what) const;

 private:
  Fd file_;
  std::string name_;
  std::uint64_t begin_ = 0;
  std::uint64_t end_ = 0;
  std::unique_ptr<PipeCopy> pipe_;  // in place of the file
};

// A file from its beginning on, as the source of a stream. What the reader has to keep in memory at
// once is a part, and a file with an overlong one ends there: see `part_too_long`.
class InputBuffer final : public std::streambuf {
 public:
  // The longest that is ours is an argv: 2 MiB of it at most, of which each byte may take six in JSON.
  static constexpr std::uint64_t longest_part_bytes = std::uint64_t{16} << 20;

  explicit InputBuffer(const InputFile &file) : file_(file) {}

  // What was read so far is no longer kept in memory.
  void begin_part() { part_begin_ = position(); }

  // Why the end of the stream is not the end of the file.
  [[nodiscard]] bool part_too_long() const { return part_too_long_; }
  [[nodiscard]] const std::optional<Error> &failure() const { return failure_; }

  // How many bytes were read.
  [[nodiscard]] std::uint64_t position() const { return offset_ - static_cast<std::uint64_t>(egptr() - gptr()); }

 protected:
  int_type underflow() override;

 private:
  const InputFile &file_;
  std::uint64_t offset_ = 0;  // of the end of the buffer
  std::uint64_t part_begin_ = 0;
  bool part_too_long_ = false;
  std::optional<Error> failure_;
  std::array<char, std::size_t{64} << 10> buffer_{};
};

}  // namespace rusage_bpf
