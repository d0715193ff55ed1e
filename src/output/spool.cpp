#include "output/spool.h"

#include <unistd.h>

#include <algorithm>

#include "os/temporary_file.h"

namespace rusage_bpf {
namespace {

constexpr std::size_t most_in_memory = std::size_t{1} << 20;
constexpr const char *temporary_file = "a temporary file for rows that wait to be written (in $TMPDIR, /var/tmp)";

}  // namespace

bool Spool::empty() const {
  const std::lock_guard lock(mutex_);
  return buffer_.empty() && in_file_ == 0;
}

bool Spool::in_file() const {
  const std::lock_guard lock(mutex_);
  return in_file_ > 0;
}

void Spool::clear() {
  const std::lock_guard lock(mutex_);
  buffer_ = {};
  file_.reset();
  in_file_ = taken_ = 0;
}

Result<void> Spool::write(std::string_view text) {
  const std::lock_guard lock(mutex_);
  buffer_ += text;
  return buffer_.size() < most_in_memory ? Result<void>() : move_to_file();
}

Result<void> Spool::move_to_file() {
  if (!file_) {
    auto file = open_temporary_file();
    if (!file) return tl::unexpected(file.error());
    file_ = *std::move(file);
  }
  std::string_view rest = buffer_;
  off_t at = in_file_;
  while (!rest.empty()) {
    const ssize_t written = pwrite(file_.get(), rest.data(), rest.size(), at);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno_error(temporary_file);
    rest.remove_prefix(static_cast<std::size_t>(written));
    at += written;
  }
  in_file_ = at;
  buffer_.clear();
  return {};
}

Result<std::string> Spool::take() {
  std::unique_lock lock(mutex_);
  if (in_file_ == 0) return std::exchange(buffer_, {});
  const off_t at = taken_;
  std::string text(std::min(most_in_memory, static_cast<std::size_t>(in_file_ - at)), '\0');
  // The text between the two offsets does not change.
  lock.unlock();
  ssize_t got = 0;
  do got = pread(file_.get(), text.data(), text.size(), at);
  while (got < 0 && errno == EINTR);
  if (got <= 0) return errno_error(temporary_file, got < 0 ? errno : EIO);
  text.resize(static_cast<std::size_t>(got));
  lock.lock();
  taken_ += got;
  if (taken_ < in_file_) return text;
  taken_ = in_file_ = 0;
  // If this fails, the file is overwritten.
  static_cast<void>(ftruncate(file_.get(), 0));
  return text;
}

}  // namespace rusage_bpf
