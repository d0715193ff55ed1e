#include "input/input_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "os/caller.h"

namespace rusage_bpf {
namespace {

Result<Fd> open_file(const std::string &path) {
  const AsCaller as_caller;
  // O_NONBLOCK: to open a FIFO without a writer must not block.
  Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!file) return errno_error(path);
  return file;
}

Result<Fd> open_standard_input() {
  Fd file(fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  if (!file) return errno_error("standard input");
  return file;
}

}  // namespace

InputFile::InputFile(Fd file, std::string name) : file_(std::move(file)), name_(std::move(name)) {
  struct stat status {};
  if (fstat(file_.get(), &status) == 0) end_ = static_cast<std::uint64_t>(status.st_size);
}

Result<InputFile> InputFile::open(const std::string &path) {
  const bool standard_input = path == "-";
  auto fd = standard_input ? open_standard_input() : open_file(path);
  if (!fd) return tl::unexpected(fd.error());
  InputFile file(*std::move(fd), standard_input ? "standard input" : path);
  struct stat status {};
  if (fstat(file.file_.get(), &status) != 0) return errno_error(file.name());
  if (S_ISDIR(status.st_mode)) return file.error("is a directory; name a file in it");
  if (!S_ISREG(status.st_mode) && !standard_input)
    return file.error("is not a regular file; to read it, give - and redirect standard input");
  if (!S_ISREG(status.st_mode)) {
    file.pipe_ = std::make_unique<PipeCopy>(std::move(file.file_), file.name());
    return file;
  }
  // Another process may have read a part of standard input already.
  if (const off_t at = lseek(file.file_.get(), 0, SEEK_CUR); at > 0) file.begin_ = static_cast<std::uint64_t>(at);
  if (file.end_ <= file.begin_) return file.error("is empty");
  return file;
}

Result<std::size_t> InputFile::read_at(std::uint64_t offset, std::span<char> bytes) const {
  if (pipe_) return pipe_->read_at(offset, bytes);
  offset += begin_;
  const std::uint64_t count = std::min<std::uint64_t>(bytes.size(), end_ - std::min(end_, offset));
  ssize_t got = 0;
  do got = pread(file_.get(), bytes.data(), count, static_cast<off_t>(offset));
  while (got < 0 && errno == EINTR);
  if (got < 0) return errno_error(name_);
  return static_cast<std::size_t>(got);
}

void InputFile::read_once() const {
  if (pipe_) pipe_->stop_keeping();
}

tl::unexpected<Error> InputFile::error(const std::string &what) const {
  return rusage_bpf::error(fmt::format("{}: {}", name_, what));
}

InputBuffer::int_type InputBuffer::underflow() {
  if (gptr() < egptr()) return traits_type::to_int_type(*gptr());
  part_too_long_ = part_too_long_ || offset_ - part_begin_ > max_part_bytes;
  if (part_too_long_ || failure_ || !read_more()) return traits_type::eof();
  return traits_type::to_int_type(*gptr());
}

std::string_view InputBuffer::up_to(char last, std::size_t most) {
  for (;;) {
    const std::string_view next(gptr(), static_cast<std::size_t>(egptr() - gptr()));
    const std::size_t at = next.substr(0, most).find(last);
    if (at != std::string_view::npos) return next.substr(0, at + 1);
    if (next.size() >= most || failure_ || !read_more()) return {};
  }
}

// Reads behind what is left, which moves to the front. False at the end, and if it fails.
bool InputBuffer::read_more() {
  const std::size_t left = static_cast<std::size_t>(egptr() - gptr());
  std::copy(gptr(), egptr(), buffer_.data());
  setg(buffer_.data(), buffer_.data(), buffer_.data() + left);
  const auto got = file_.read_at(offset_, {buffer_.data() + left, buffer_bytes - left});
  if (!got) failure_ = got.error();
  if (!got || *got == 0) return false;
  offset_ += *got;
  setg(buffer_.data(), buffer_.data(), buffer_.data() + left + *got);
  return true;
}

}  // namespace rusage_bpf
