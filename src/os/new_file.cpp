#include "os/new_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <optional>

#include "os/caller.h"

namespace rusage_bpf {
namespace {

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

Result<NewFile> NewFile::create(const std::string &path, mode_t mode) {
  const AsCaller as_caller;
  const std::size_t slash = path.rfind('/');
  const std::string directory_path = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  if (name.empty()) return error(fmt::format("{}: is a directory; name a file in it", path));

  NewFile made(path, Fd(open(directory_path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)));
  if (!made.directory_) return errno_error(fmt::format("{}: its directory", path));
  const int directory = made.directory_.get();
  const auto old = existing(directory, name, path);
  if (!old) return tl::unexpected(old.error());
  if (*old) {
    if (!S_ISREG((*old)->st_mode))
      return error(fmt::format("{}: exists and is no regular file; choose another name", path));
    // Whether the user may write there; nothing is changed yet.
    if (!Fd(openat(directory, name.c_str(), O_WRONLY | O_NOFOLLOW | O_CLOEXEC)))
      return errno_error(path);
  }

  for (int attempt = 0; attempt < 100; attempt++) {
    const std::string temporary_name =
        fmt::format(".{}.{}-{}.partial", name.substr(0, longest_stem), getpid(), attempt);
    made.file_.reset(openat(directory, temporary_name.c_str(),
                            O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
    if (!made.file_ && errno == EEXIST) continue;
    if (!made.file_) return errno_error(path);
    // What replaces a file is no more open to others than that was.
    if (*old) fchmod(made.fd(), (*old)->st_mode & mode);
    made.name_ = name;
    made.temporary_name_ = temporary_name;
    return made;
  }
  return error(fmt::format("{}: no free temporary name beside it", path));
}

NewFile::~NewFile() {
  if (!directory_ || temporary_name_.empty()) return;
  const AsCaller as_caller;
  unlinkat(directory_.get(), temporary_name_.c_str(), 0);
}

bool NewFile::in_directory_of_another() const {
  constexpr mode_t owner_may_write = S_IWUSR | S_IXUSR;
  struct stat status {};
  return fstat(directory_.get(), &status) != 0 || status.st_uid != geteuid() ||
         (status.st_mode & owner_may_write) != owner_may_write;
}

Result<void> NewFile::put_in_place() {
  const AsCaller as_caller;
  if (renameat(directory_.get(), temporary_name_.c_str(), directory_.get(), name_.c_str()) != 0)
    return errno_error(path_);
  temporary_name_.clear();
  return {};
}

Result<void> NewFile::remove() {
  const AsCaller as_caller;
  struct stat own {};
  struct stat there {};
  if (fstat(fd(), &own) != 0 ||
      fstatat(directory_.get(), name_.c_str(), &there, AT_SYMLINK_NOFOLLOW) != 0)
    return errno_error(path_);
  const bool is_ours = own.st_dev == there.st_dev && own.st_ino == there.st_ino;
  if (is_ours && unlinkat(directory_.get(), name_.c_str(), 0) != 0) return errno_error(path_);
  return {};
}

}  // namespace rusage_bpf
