// The file of a recording, or standard input. It can be read several times, up to the end that it had when it was
// opened.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <streambuf>
#include <string>
#include <string_view>

#include "input/pipe_copy.h"
#include "os/error.h"
#include "os/fd.h"

namespace rusage_bpf {

class InputFile {
 public:
  // "-" is standard input; what is read from a pipe is kept. Fails for other files that are not regular, and for an
  // empty file.
  static Result<InputFile> open(const std::string &path);

  // `file` is a regular file, `name` is for messages.
  InputFile(Fd file, std::string name);

  [[nodiscard]] const std::string &name() const { return name_; }

  // Reads at `offset`, as much as there is at once; 0 at the end.
  [[nodiscard]] Result<std::size_t> read_at(std::uint64_t offset, std::span<char> bytes) const;

  // It will be read only once, from start to end, so nothing needs to be kept.
  void read_once() const;

  // "`name`: `what`".
  [[nodiscard]] tl::unexpected<Error> error(const std::string &what) const;

 private:
  Fd file_;
  std::string name_;
  std::uint64_t begin_ = 0;
  std::uint64_t end_ = 0;
  std::unique_ptr<PipeCopy> pipe_;  // instead of the file
};

// A stream buffer that reads a file from its start. A part is what the reader must have in memory at once. If a part is
// too long, the stream ends there: see `part_too_long`.
class InputBuffer final : public std::streambuf {
 public:
  // The longest part of a recording is an argv: at most 2 MiB, and a byte may need six bytes in JSON.
  static constexpr std::uint64_t max_part_bytes = std::uint64_t{16} << 20;

  // So many bytes behind what `up_to` returns are readable.
  static constexpr std::size_t padding = 64;

  explicit InputBuffer(const InputFile &file) : file_(file) {}

  // Starts a new part at the current position.
  void begin_part() { part_begin_ = position(); }

  // The reasons why the stream ended before the end of the file.
  [[nodiscard]] bool part_too_long() const { return part_too_long_; }
  [[nodiscard]] const std::optional<Error> &failure() const { return failure_; }

  // The next bytes up to the first `last`, which remain to be read; empty if it is not among the next `most`.
  [[nodiscard]] std::string_view up_to(char last, std::size_t most);
  // Passes over bytes that `up_to` returned.
  void skip(std::size_t bytes) { gbump(static_cast<int>(bytes)); }

  // The number of bytes that were read.
  [[nodiscard]] std::uint64_t position() const { return offset_ - static_cast<std::uint64_t>(egptr() - gptr()); }

 protected:
  int_type underflow() override;

 private:
  bool read_more();

  const InputFile &file_;
  std::uint64_t offset_ = 0;  // of the end of the buffer
  std::uint64_t part_begin_ = 0;
  bool part_too_long_ = false;
  std::optional<Error> failure_;
  static constexpr std::size_t buffer_bytes = std::size_t{64} << 10;
  std::array<char, buffer_bytes + padding> buffer_{};
};

}  // namespace rusage_bpf
