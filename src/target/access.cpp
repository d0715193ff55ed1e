#include "target/access.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>

#include "os/fd.h"

namespace rusage_bpf {

namespace {

// Whether users are not those of the machine: root is only one of them to it.
bool in_user_namespace() {
  constexpr std::uint64_t all = 0xffffffff;
  std::ifstream map("/proc/self/uid_map");
  std::uint64_t inside = 0;
  std::uint64_t outside = 0;
  std::uint64_t count = 0;
  return map >> inside >> outside >> count && (inside != 0 || outside != 0 || count != all);
}

}  // namespace

// The kernel answers when somebody reads another process's I/O counters (PTRACE_MODE_READ).
Result<void> may_look_into(pid_t pid) {
  const Fd file(open(fmt::format("/proc/{}/io", pid).c_str(), O_RDONLY | O_CLOEXEC));
  char byte = 0;
  if (file && read(file.get(), &byte, 1) == 1) return {};
  if (errno == ENOENT || errno == ESRCH) return {};  // it is gone
  if (errno != EACCES && errno != EPERM) return errno_error(fmt::format("reading the counters of process {}", pid));
  return error(fmt::format("process {} is not yours to look into; run it as: sudo rusage-bpf ...", pid));
}

bool may_look_into_all() {
  return geteuid() == 0 && !in_user_namespace();
}

}  // namespace rusage_bpf
