#include "ring/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "os/caller.h"
#include "os/file_lock.h"
#include "ring/layout.h"

namespace rusage_bpf {
namespace {

bool is_named(int fd, const std::string &path) {
  struct stat own {};
  struct stat current {};
  return fstat(fd, &own) == 0 && lstat(path.c_str(), &current) == 0 && own.st_dev == current.st_dev &&
         own.st_ino == current.st_ino;
}

// Opens and locks the ring that is to be replaced, if there is one. Fails if the file is no ring, or if a recorder uses
// it, so that no other file is ever replaced.
Result<Fd> open_old(const std::string &path) {
  struct stat status {};
  // Other kinds of files make NewFile::create fail.
  if (lstat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return Fd();
  Fd old(open(path.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!old) return errno_error(path);
  rusage_ring_header header{};
  const bool is_ring = pread(old.get(), &header, sizeof(header), 0) == sizeof(header) && has_magic(header);
  if (!is_ring) return error(fmt::format("{}: exists and is not a recovery ring; choose another name", path));
  if (auto locked = lock(old.get(), path); !locked) {
    if (locked.error().errno_value != EAGAIN && locked.error().errno_value != EACCES)
      return tl::unexpected(locked.error());
    return error(fmt::format("{}: is being recorded to; choose another name", path));
  }
  // It may have been removed before it was locked.
  if (!is_named(old.get(), path)) old.reset();
  return old;
}

}  // namespace

bool is_unfinished_name(std::string_view name) {
  return name.starts_with('.') && name.ends_with(".partial") && name.find(".ring.") != std::string_view::npos;
}

Result<RingFile> RingFile::create(const std::string &path, std::uint64_t bytes, std::uint64_t free_bytes) {
  const AsCaller as_caller;
  auto old = open_old(path);
  if (!old) return tl::unexpected(old.error());
  auto file = NewFile::create(path, 0600);
  if (!file) return tl::unexpected(file.error());
  RingFile made(*std::move(file), *std::move(old));
  if (auto locked = lock(made.fd(), path); !locked) return tl::unexpected(locked.error());
  if (auto allocated = made.allocate(bytes, free_bytes); !allocated) return tl::unexpected(allocated.error());
  return made;
}

Result<void> RingFile::allocate(std::uint64_t bytes, std::uint64_t free_bytes) const {
  const auto fails = [&](int errno_value) {
    return errno_error(
        fmt::format("{}: {} MiB for the recovery ring (see --ring, --ring-rows)", path(), (bytes >> 20) + 1),
        errno_value);
  };
  // Otherwise the kernel would send SIGXFSZ.
  rlimit limit{};
  if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && bytes > limit.rlim_cur) return fails(EFBIG);
  // Checked before, because posix_fallocate would fill the disk before it fails, and others may write to that disk.
  struct statvfs disk {};
  if (fstatvfs(fd(), &disk) == 0 && disk.f_blocks > 0 && free_bytes / disk.f_frsize >= disk.f_bavail)
    return fails(ENOSPC);
  int failure = 0;
  do failure = posix_fallocate(fd(), 0, static_cast<off_t>(bytes));
  while (failure == EINTR);
  return failure == 0 ? Result<void>() : fails(failure);
}

Result<void> RingFile::claim_name() {
  if (old_) return {};
  const auto named = file_.put_in_free_place(path().substr(path().rfind('/') + 1));
  if (!named) return tl::unexpected(named.error());
  return *named ? Result<void>() : errno_error(path(), EEXIST);
}

Result<void> RingFile::put_in_place() {
  if (old_) {
    const AsCaller as_caller;
    if (!is_named(old_.get(), path()))
      return error(fmt::format("{}: is no longer the file that was to be replaced", path()));
    if (auto replaced = file_.put_in_place(); !replaced) return replaced;
    old_.reset();
  }
  in_place_ = true;
  return {};
}

bool RingFile::has_its_name() const {
  const AsCaller as_caller;
  return is_named(fd(), path());
}

Result<void> RingFile::remove() {
  auto removed = file_.remove();
  if (!removed && removed.error().errno_value == ENOENT) return {};
  return removed;
}

RingFile::~RingFile() {
  const bool has_name = file_.fd() >= 0 && file_.in_place();
  if (has_name && !in_place_) static_cast<void>(remove());
}

}  // namespace rusage_bpf
