#include "target/access.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>

#include "os/fd.h"

namespace rusage_bpf {

namespace {

// Whether this is a user namespace, in which root may not trace every process of the machine.
bool in_user_namespace() {
  constexpr std::uint64_t all_ids = 0xffffffff;
  std::ifstream map("/proc/self/uid_map");
  std::uint64_t inside = 0;
  std::uint64_t outside = 0;
  std::uint64_t count = 0;
  return map >> inside >> outside >> count && (inside != 0 || outside != 0 || count != all_ids);
}

}  // namespace

// Reading the I/O counters of another process needs permission to trace it (PTRACE_MODE_READ).
Result<void> check_may_trace(pid_t pid) {
  const Fd file(open(fmt::format("/proc/{}/io", pid).c_str(), O_RDONLY | O_CLOEXEC));
  char byte = 0;
  if (file && read(file.get(), &byte, 1) == 1) return {};
  if (errno == ENOENT || errno == ESRCH) return {};  // the process is gone
  if (errno != EACCES && errno != EPERM) return errno_error(fmt::format("reading the counters of process {}", pid));
  return error(fmt::format("process {} is not yours to look into; run it as: sudo rusage-bpf ...", pid));
}

bool may_trace_all() {
  return geteuid() == 0 && !in_user_namespace();
}

}  // namespace rusage_bpf
