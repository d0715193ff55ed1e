#include "output/output_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <optional>

#include "os/caller.h"

namespace rusage_bpf {
namespace {

constexpr std::size_t buffer_bytes = std::size_t{64} << 10;
constexpr std::size_t longest_stem = 200;  // of a temporary name: NAME_MAX is 255

// What stands at `name` now, if anything does.
Result<std::optional<struct stat>> existing(int directory, const std::string &name,
                                            const std::string &path) {
  struct stat status {};
  if (fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) return status;
  if (errno == ENOENT) return std::nullopt;
  return errno_error(path);
}

}  // namespace

Result<OutputFile> OutputFile::create(const std::string &path) {
  const AsCaller as_caller;
  if (path == "-") {
    Fd standard_output(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0));
    if (!standard_output) return errno_error("standard output");
    return OutputFile("standard output", std::move(standard_output));
  }
  const std::size_t slash = path.rfind('/');
  const std::string directory_path = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  if (name.empty()) return error(fmt::format("{}: is a directory; name a file in it", path));

  Fd directory(::open(directory_path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return errno_error(fmt::format("{}: its directory", path));
  const auto old = existing(directory.get(), name, path);
  if (!old) return tl::unexpected(old.error());
  if (*old) {
    const mode_t mode = (*old)->st_mode;
    if (!S_ISREG(mode) && !S_ISCHR(mode))
      return error(fmt::format("{}: exists and is no regular file; choose another name", path));
    // Whether the user may write there; nothing is changed yet.
    Fd file(openat(directory.get(), name.c_str(), O_WRONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY));
    if (!file) return errno_error(path);
    if (S_ISCHR(mode)) return OutputFile(path, std::move(file));
  }

  for (int attempt = 0; attempt < 100; attempt++) {
    const std::string temporary_name =
        fmt::format(".{}.{}-{}.partial", name.substr(0, longest_stem), getpid(), attempt);
    Fd file(openat(directory.get(), temporary_name.c_str(),
                   O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
    if (!file && errno == EEXIST) continue;
    if (!file) return errno_error(path);
    // What replaces a file is no more open to others than that was.
    if (*old) fchmod(file.get(), (*old)->st_mode & 0777);
    OutputFile output(path, std::move(file));
    output.directory_ = std::move(directory);
    output.name_ = name;
    output.temporary_name_ = temporary_name;
    return output;
  }
  return error(fmt::format("{}: no free temporary name beside it", path));
}

OutputFile::~OutputFile() {
  if (!directory_) return;
  const AsCaller as_caller;
  unlinkat(directory_.get(), temporary_name_.c_str(), 0);
}

bool OutputFile::in_directory_of_another() const {
  if (!directory_) return false;
  constexpr mode_t owner_may_write = S_IWUSR | S_IXUSR;
  struct stat status {};
  return fstat(directory_.get(), &status) != 0 || status.st_uid != geteuid() ||
         (status.st_mode & owner_may_write) != owner_may_write;
}

Result<void> OutputFile::write(std::string_view bytes) {
  buffer_ += bytes;
  return buffer_.size() < buffer_bytes ? Result<void>() : flush();
}

Result<void> OutputFile::flush() {
  std::string_view rest = buffer_;
  while (!rest.empty()) {
    const ssize_t written = ::write(file_.get(), rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno_error(path_);
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  buffer_.clear();
  return {};
}

Result<void> OutputFile::commit() {
  if (auto flushed = flush(); !flushed) return flushed;
  if (!directory_) return {};
  const AsCaller as_caller;
  if (fsync(file_.get()) != 0) return errno_error(path_);
  if (renameat(directory_.get(), temporary_name_.c_str(), directory_.get(), name_.c_str()) != 0)
    return errno_error(path_);
  directory_.reset();
  return {};
}

}  // namespace rusage_bpf
