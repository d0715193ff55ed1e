#include "os/standard_streams.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>

namespace rusage_bpf {
namespace {

bool is_open(int fd) {
  return fcntl(fd, F_GETFD) >= 0;
}

}  // namespace

void hold_closed_standard_streams() {
  // open returns the lowest free descriptor. O_PATH allows no read or write, and the directory cannot be written
  // through /proc either.
  for (const int fd : std::array{STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (!is_open(fd)) static_cast<void>(open("/", O_PATH | O_CLOEXEC));
}

Result<void> check_writable(int fd, const char *name) {
  const int flags = fcntl(fd, F_GETFL);
  if (flags < 0) return errno_error(name);
  const bool readable_alone = (flags & O_ACCMODE) == O_RDONLY;
  if ((flags & O_PATH) != 0 || readable_alone) return errno_error(name, EBADF);
  return {};
}

}  // namespace rusage_bpf
