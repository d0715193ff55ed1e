#include "input/pipe_copy.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "os/temporary_file.h"
#include "os/write_all.h"
#include "output/text.h"

namespace rusage_bpf {
namespace {

constexpr std::size_t max_in_memory = std::size_t{1} << 20;
constexpr std::uint64_t max_in_file = std::uint64_t{1} << 30;

}  // namespace

Result<std::size_t> PipeCopy::read_at(std::uint64_t offset, std::span<char> bytes) {
  if (offset < length_) {
    if (!file_) {
      const std::size_t count = memory_.copy(bytes.data(), bytes.size(), offset);
      return count;
    }
    const ssize_t got = pread(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (got < 0) return errno_error(name_ + ": its copy in the temporary directory");
    return static_cast<std::size_t>(got);
  }
  auto got = read_pipe(bytes);
  if (!got || *got == 0) return got;
  if (keeps_)
    if (auto kept = keep({bytes.data(), *got}); !kept) return tl::unexpected(kept.error());
  length_ += *got;
  return got;
}

// A non-blocking pipe is polled.
Result<std::size_t> PipeCopy::read_pipe(std::span<char> bytes) const {
  for (;;) {
    const ssize_t got = read(pipe_.get(), bytes.data(), bytes.size());
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno == EAGAIN) {
      pollfd readable{.fd = pipe_.get(), .events = POLLIN, .revents = 0};
      poll(&readable, 1, -1);
    } else if (errno != EINTR) {
      return errno_error(name_);
    }
  }
}

Result<void> PipeCopy::keep(std::string_view bytes) {
  if (!file_ && length_ + bytes.size() <= max_in_memory) {
    memory_ += bytes;
    return {};
  }
  if (!file_)
    if (auto started = start_file(); !started) return started;
  if (length_ + bytes.size() > max_bytes_)
    return error(
        fmt::format("{}: is longer than {}, which is what there is room for in the temporary "
                    "directory to read it twice; give the document as a file, or as NDJSON",
                    name_, human_bytes(max_bytes_)));
  return write_to_file(bytes);
}

Result<void> PipeCopy::start_file() {
  auto file = open_temporary_file();
  if (!file) return tl::unexpected(file.error());
  file_ = *std::move(file);
  struct statvfs disk {};
  if (fstatvfs(file_.get(), &disk) != 0) return errno_error(name_);
  max_bytes_ = std::min<std::uint64_t>(max_in_file, std::uint64_t{disk.f_bavail} * disk.f_frsize / 2);
  auto written = write_to_file(memory_);
  memory_ = {};
  return written;
}

Result<void> PipeCopy::write_to_file(std::string_view bytes) {
  return write_all(file_.get(), bytes, name_ + ": its copy in the temporary directory");
}

}  // namespace rusage_bpf
