#include "output/spool.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>

namespace rusage_bpf {
namespace {

constexpr std::size_t buffer_bytes = std::size_t{1} << 20;

// Not /tmp first, which is in memory on many systems.
Result<Fd> open_nameless() {
  const char *chosen = std::getenv("TMPDIR");
  for (const char *folder : {chosen, "/var/tmp", "/tmp"}) {
    Fd file(folder ? open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600) : -1);
    if (file) return file;
  }
  return errno_error("a temporary file in /var/tmp");
}

}  // namespace

Result<void> Spool::write(std::string_view text) {
  buffer_ += text;
  return buffer_.size() < buffer_bytes ? Result<void>() : flush();
}

Result<void> Spool::flush() {
  if (!file_) {
    auto file = open_nameless();
    if (!file) return tl::unexpected(file.error());
    file_ = *std::move(file);
  }
  std::string_view rest = buffer_;
  while (!rest.empty()) {
    const ssize_t written = ::write(file_.get(), rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno_error("the temporary file of the processes");
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  buffer_.clear();
  return {};
}

Result<void> Spool::copy_to(OutputFile &file) {
  if (!file_) return file.write(buffer_);
  if (auto flushed = flush(); !flushed) return flushed;
  std::string block(std::size_t{64} << 10, '\0');
  for (off_t at = 0;;) {
    const ssize_t got = pread(file_.get(), block.data(), block.size(), at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno_error("the temporary file of the processes");
    if (got == 0) return {};
    const auto text = std::string_view(block).substr(0, static_cast<std::size_t>(got));
    if (auto written = file.write(text); !written) return written;
    at += got;
  }
}

}  // namespace rusage_bpf
