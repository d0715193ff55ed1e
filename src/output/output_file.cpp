#include "output/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/caller.h"
#include "os/standard_streams.h"
#include "os/write_all.h"

namespace rusage_bpf {
namespace {

constexpr std::size_t buffer_bytes = std::size_t{64} << 10;

bool is_character_device(const std::string &path) {
  struct stat status {};
  return lstat(path.c_str(), &status) == 0 && S_ISCHR(status.st_mode);
}

}  // namespace

Result<OutputFile> OutputFile::create(const std::string &path) {
  if (path == "-") {
    if (auto writable = check_writable(STDOUT_FILENO, "standard output"); !writable)
      return tl::unexpected(writable.error());
    Fd standard_output(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0));
    if (!standard_output) return errno_error("standard output");
    return OutputFile("standard output", std::move(standard_output));
  }
  if (const AsCaller as_caller; is_character_device(path)) {
    Fd device(open(path.c_str(), O_WRONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY));
    if (!device) return errno_error(path);
    return OutputFile(path, std::move(device));
  }
  auto file = NewFile::create(path, 0644);
  if (!file) return tl::unexpected(file.error());
  return OutputFile(*std::move(file));
}

Result<void> OutputFile::write(std::string_view bytes) {
  buffer_ += bytes;
  return buffer_.size() < buffer_bytes ? Result<void>() : flush();
}

Result<void> OutputFile::write(std::unique_ptr<Spool> text) {
  for (;;) {
    const auto part = text->take();
    if (!part) return tl::unexpected(part.error());
    if (part->empty()) return {};
    if (auto written = write(*part); !written) return written;
  }
}

Result<void> OutputFile::flush() {
  if (auto written = write_all(fd(), buffer_, name_); !written) {
    // If this fails as well, there is one torn line, which readers know to leave out.
    if (file_) static_cast<void>(ftruncate(fd(), flushed_bytes_));
    return written;
  }
  flushed_bytes_ += static_cast<off_t>(buffer_.size());
  buffer_.clear();
  return {};
}

Result<void> OutputFile::put_in_place() {
  if (auto flushed = flush(); !flushed || !file_ || file_->in_place()) return flushed;
  return file_->put_in_place();
}

Result<void> OutputFile::commit() {
  if (auto flushed = flush(); !flushed || !file_) return flushed;
  if (fsync(file_->fd()) != 0) return errno_error(name_);
  return put_in_place();
}

}  // namespace rusage_bpf
