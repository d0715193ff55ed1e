#include "os/write_all.h"

#include <poll.h>
#include <unistd.h>

#include <csignal>

namespace rusage_bpf {
namespace {

// For a non-blocking descriptor. Its flag must not be changed, because other processes may share it.
void wait_until_writable(int fd) {
  pollfd writable{fd, POLLOUT, 0};
  static_cast<void>(poll(&writable, 1, -1));
}

}  // namespace

Result<void> write_all(int fd, std::string_view bytes, const std::string &name) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EAGAIN) {
      wait_until_writable(fd);
      continue;
    }
    if (written < 0) return errno_error(name);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> print_all(std::string_view text) {
  return write_all(STDOUT_FILENO, text, "standard output");
}

void take_write_signals_as_errors() {
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
  static_cast<void>(std::signal(SIGXFSZ, SIG_IGN));
}

}  // namespace rusage_bpf
