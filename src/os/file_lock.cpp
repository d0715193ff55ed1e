#include "os/file_lock.h"

#include <fcntl.h>

namespace rusage_bpf {
namespace {

struct flock whole_file(short type) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  return lock;
}

}  // namespace

Result<void> lock(int fd, const std::string &path) {
  struct flock lock = whole_file(F_WRLCK);
  if (fcntl(fd, F_OFD_SETLK, &lock) != 0) return errno_error(path + ": locking it");
  return {};
}

bool is_locked(int fd) {
  // F_OFD_GETLK takes no lock, so it does not disturb others.
  struct flock lock = whole_file(F_RDLCK);
  return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

bool prevent_lock(int fd) {
  struct flock lock = whole_file(F_RDLCK);
  return fcntl(fd, F_OFD_SETLK, &lock) == 0;
}

}  // namespace rusage_bpf
