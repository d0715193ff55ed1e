#include "input/input_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "os/caller.h"
#include "os/write_all.h"

namespace rusage_bpf {
namespace {

// The longest that is ours is an argv: 2 MiB of it at most, of which each byte may take six in JSON.
constexpr std::uint64_t longest_part_bytes = std::uint64_t{16} << 20;

Result<Fd> open_file(const std::string &path) {
  const AsCaller as_caller;
  // A FIFO that nobody writes to does not hold us.
  Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!file) return errno_error(path);
  return file;
}

// A file without a name that holds what comes from `input`: JSON is read twice.
Result<Fd> copy_of(int input) {
  const char *directory = std::getenv("TMPDIR");
  Fd copy(::open(directory ? directory : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  const std::string name = "standard input: its copy in the temporary directory";
  if (!copy) return errno_error(name);
  std::string buffer(std::size_t{64} << 10, '\0');
  for (;;) {
    const ssize_t got = read(input, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno_error("standard input");
    if (got == 0) return copy;
    const std::string_view bytes(buffer.data(), static_cast<std::size_t>(got));
    if (auto written = write_all(copy.get(), bytes, name); !written)
      return tl::unexpected(written.error());
  }
}

Result<Fd> open_standard_input() {
  struct stat status {};
  if (fstat(STDIN_FILENO, &status) != 0) return errno_error("standard input");
  if (!S_ISREG(status.st_mode)) return copy_of(STDIN_FILENO);
  Fd file(fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0));
  if (!file) return errno_error("standard input");
  return file;
}

}  // namespace

Result<InputFile> InputFile::open(const std::string &path) {
  const bool standard_input = path == "-";
  auto fd = standard_input ? open_standard_input() : open_file(path);
  if (!fd) return tl::unexpected(fd.error());
  InputFile file(*std::move(fd), standard_input ? "standard input" : path);
  struct stat status {};
  if (fstat(file.fd(), &status) != 0) return errno_error(file.name());
  if (S_ISDIR(status.st_mode)) return file.error("is a directory; name a file in it");
  if (!S_ISREG(status.st_mode))
    return file.error("is no regular file; to read from it, give - and let it be standard input");
  if (status.st_size == 0) return file.error("is empty");
  return file;
}

tl::unexpected<Error> InputFile::error(const std::string &what) const {
  return rusage_bpf::error(fmt::format("{}: {}", name_, what));
}

InputBuffer::int_type InputBuffer::underflow() {
  if (gptr() < egptr()) return traits_type::to_int_type(*gptr());
  part_too_long_ = part_too_long_ || offset_ - part_begin_ > longest_part_bytes;
  if (part_too_long_ || read_errno_ != 0) return traits_type::eof();
  ssize_t got = 0;
  do got = pread(fd_, buffer_.data(), buffer_.size(), static_cast<off_t>(offset_));
  while (got < 0 && errno == EINTR);
  if (got < 0) read_errno_ = errno;
  if (got <= 0) return traits_type::eof();
  offset_ += static_cast<std::uint64_t>(got);
  setg(buffer_.data(), buffer_.data(), buffer_.data() + got);
  return traits_type::to_int_type(*gptr());
}

}  // namespace rusage_bpf
