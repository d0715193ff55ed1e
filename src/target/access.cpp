#include "target/access.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "os/fd.h"

namespace rusage_bpf {

// The kernel answers when somebody reads another process's I/O counters (PTRACE_MODE_READ).
Result<void> may_look_into(pid_t pid) {
  const Fd file(open(fmt::format("/proc/{}/io", pid).c_str(), O_RDONLY | O_CLOEXEC));
  char byte = 0;
  if (file && read(file.get(), &byte, 1) == 1) return {};
  if (errno != EACCES && errno != EPERM)
    return errno_error(fmt::format("reading the counters of process {}", pid));
  return error(
      fmt::format("process {} is not yours to look into; run it as: sudo rusage-bpf ...", pid));
}

bool may_look_into_all() {
  return geteuid() == 0;
}

}  // namespace rusage_bpf
