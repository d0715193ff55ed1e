#include "os/new_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "os/caller.h"
#include "os/file_lock.h"

namespace rusage_bpf {
namespace {

constexpr int max_temporary_names = 1000;  // at once, for one path

// The name has the boot id, because two machines may share the directory, but not the locks.
std::string temporary_name(const std::string &name, int attempt) {
  constexpr std::size_t max_stem = 200;  // NAME_MAX is 255
  std::string boot;
  std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), boot);
  const std::string number = attempt > 0 ? fmt::format("-{}", attempt) : "";
  return fmt::format(".{}.{}{}.partial", name.substr(0, max_stem), boot.substr(0, 8), number);
}

bool is_same_file(const struct stat &a, const struct stat &b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

// Removes the temporary file of a killed process: it is not locked, and belongs to the user.
void remove_if_left_behind(int directory, const std::string &name) {
  const Fd file(openat(directory, name.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  struct stat status {};
  if (!file || fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_uid != acting_uid()) return;
  // With the lock, no other process can do the same at the same time, and remove the next file with that name.
  if (lock(file.get(), name) && has_name(file.get(), directory, name)) unlinkat(directory, name.c_str(), 0);
}

std::string path_of(const Fd &file) {
  return fmt::format("/proc/self/fd/{}", file.get());
}

bool link_to(const Fd &file, int directory, const std::string &name) {
  return linkat(AT_FDCWD, path_of(file).c_str(), directory, name.c_str(), AT_SYMLINK_FOLLOW) == 0;
}

}  // namespace

bool has_name(int fd, int directory, const std::string &name) {
  struct stat own {};
  struct stat current {};
  return fstat(fd, &own) == 0 && fstatat(directory, name.c_str(), &current, AT_SYMLINK_NOFOLLOW) == 0 &&
         is_same_file(own, current);
}

Result<NewFile> NewFile::create(const std::string &path, mode_t mode) {
  const AsCaller as_caller;
  const auto place = find_place(path, LastLink::keep);
  if (!place) return tl::unexpected(place.error());
  if (place->entry) {
    if (!S_ISREG(place->status.st_mode))
      return error(fmt::format("{}: exists and is not a regular file; choose another name", path));
    // Checks that the user may write the file, without changing it.
    if (!reopen(place->entry, O_WRONLY)) return errno_error(path);
  }
  return create(*place, path, mode);
}

Result<NewFile> NewFile::create(const FilePlace &place, std::string path, mode_t mode) {
  NewFile made(std::move(path), place.name, Fd(fcntl(place.directory.get(), F_DUPFD_CLOEXEC, 3)));
  if (!made.directory_) return errno_error(made.path_);
  made.file_.reset(openat(made.directory_.get(), ".", O_TMPFILE | O_RDWR | O_CLOEXEC, mode));
  // A file without a name can only get one by /proc.
  if (made.file_ && access(path_of(made.file_).c_str(), F_OK) != 0) made.file_.reset();
  if (!made.file_)
    if (auto created = made.create_beside(mode); !created) return tl::unexpected(created.error());
  // The new file must not give others more access than the old one.
  if (place.entry) fchmod(made.fd(), place.status.st_mode & mode);
  return made;
}

// Creates it with a temporary name.
Result<void> NewFile::create_beside(mode_t mode) {
  const int directory = directory_.get();
  for (int attempt = 0; attempt < max_temporary_names; attempt++) {
    const std::string name = temporary_name(name_, attempt);
    remove_if_left_behind(directory, name);
    file_.reset(openat(directory, name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
    if (file_ ? claim_temporary_name(name) : errno != EEXIST) break;
    file_.reset();
  }
  if (file_) return {};
  return errno_error(path_);
}

// Locks a file that just got a temporary name, so that no other process removes it as left behind. False if one has
// removed it already. If the file system has no locks, such files are never removed.
bool NewFile::claim_temporary_name(const std::string &temporary_name) {
  static_cast<void>(lock(fd(), path_));
  if (!has_name(fd(), directory_.get(), temporary_name)) return false;
  temporary_name_ = temporary_name;
  return true;
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

// Gives a temporary name to a file without a name: only a rename can replace an existing file atomically.
Result<void> NewFile::link_beside() {
  static_cast<void>(lock(fd(), path_));
  for (int attempt = 0; attempt < max_temporary_names; attempt++) {
    const std::string name = temporary_name(name_, attempt);
    remove_if_left_behind(directory_.get(), name);
    if (link_to(file_, directory_.get(), name)) {
      temporary_name_ = name;
      return {};
    }
    if (errno != EEXIST) break;
  }
  return errno_error(path_);
}

Result<void> NewFile::put_in_place() {
  const AsCaller as_caller;
  const int directory = directory_.get();
  if (temporary_name_.empty()) {
    in_place_ = link_to(file_, directory, name_);
    if (in_place_) return {};
    if (errno != EEXIST) return errno_error(path_);
    if (auto linked = link_beside(); !linked) return linked;
  }
  if (renameat(directory, temporary_name_.c_str(), directory, name_.c_str()) != 0) return errno_error(path_);
  temporary_name_.clear();
  in_place_ = true;
  return {};
}

Result<bool> NewFile::put_in_free_place(const std::string &name) {
  const AsCaller as_caller;
  const int directory = directory_.get();
  if (temporary_name_.empty()) {
    in_place_ = link_to(file_, directory, name);
  } else {
    // An empty file reserves the name: not all file systems have links, or a rename that replaces nothing.
    const Fd claim(openat(directory, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    in_place_ = claim && renameat(directory, temporary_name_.c_str(), directory, name.c_str()) == 0;
    if (in_place_) temporary_name_.clear();
    const int failure = errno;
    if (claim && !in_place_) unlinkat(directory, name.c_str(), 0);
    errno = failure;
  }
  if (!in_place_ && errno != EEXIST) return errno_error(path_);
  if (in_place_) name_ = name;
  return in_place_;
}

Result<void> NewFile::put_in_place_as(const std::string &name) {
  name_ = name;
  return put_in_place();
}

Result<void> NewFile::remove() {
  const AsCaller as_caller;
  struct stat current {};
  if (fstatat(directory_.get(), name_.c_str(), &current, AT_SYMLINK_NOFOLLOW) != 0) return errno_error(path_);
  if (has_name(fd(), directory_.get(), name_) && unlinkat(directory_.get(), name_.c_str(), 0) != 0)
    return errno_error(path_);
  return {};
}

}  // namespace rusage_bpf
