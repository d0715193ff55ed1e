#include "target/typing.h"

#include <asm/ioctls.h>
#include <fcntl.h>
#include <linux/kd.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <fstream>
#include <initializer_list>
#include <memory>
#include <type_traits>

#include "os/fd.h"
#include "os/privileges.h"

namespace rusage_bpf {
namespace {

// Since Linux 6.2 TIOCSTI can be switched off. Before, it was always on.
bool allows_tiocsti() {
  int on = 1;
  std::ifstream("/proc/sys/dev/tty/legacy_tiocsti") >> on;
  return on != 0;
}

// A terminal with TIOCLINUX.
bool is_console(int fd) {
  char kind = 0;
  return ioctl(fd, KDGKBTYPE, &kind) == 0;
}

bool can_be_typed_into(int fd) {
  return isatty(fd) == 1 && (allows_tiocsti() || is_console(fd));
}

using Filter = std::unique_ptr<std::remove_pointer_t<scmp_filter_ctx>, void (*)(void *)>;

tl::unexpected<Error> failed(int failure) {
  return errno_error("keeping the command from typing into the terminal", -failure);
}

// A kernel may accept system calls of other architectures too, and the filter must have each. Adding one that the
// kernel does not have fails, which is ignored.
void add_other_architectures(scmp_filter_ctx filter) {
  switch (seccomp_arch_native()) {
    case SCMP_ARCH_X86_64:
      for (const std::uint32_t other : {SCMP_ARCH_X86, SCMP_ARCH_X32}) seccomp_arch_add(filter, other);
      break;
    case SCMP_ARCH_AARCH64:
      seccomp_arch_add(filter, SCMP_ARCH_ARM);
      break;
    case SCMP_ARCH_S390X:
      seccomp_arch_add(filter, SCMP_ARCH_S390);
      break;
    default:
      break;
  }
}

}  // namespace

bool could_type() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (can_be_typed_into(fd)) return true;
  const Fd controlling(open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK));
  return controlling && can_be_typed_into(controlling.get());
}

Result<void> forbid_typing() {
  const Filter filter(seccomp_init(SCMP_ACT_ALLOW), seccomp_release);
  if (!filter) return failed(-ENOMEM);
  if (const int failure = seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ALLOW))
    return failed(failure);
  const std::uint32_t no_new_privileges = has_capability(CAP_SYS_ADMIN) ? 0 : 1;
  if (const int failure = seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_NNP, no_new_privileges))
    return failed(failure);
  add_other_architectures(filter.get());
  // The kernel uses only the low half of the request.
  constexpr std::uint64_t low_half = 0xffffffff;
  for (const unsigned request : {TIOCSTI, TIOCLINUX}) {
    const scmp_arg_cmp is_request = SCMP_A1(SCMP_CMP_MASKED_EQ, low_half, request);
    if (const int failure =
            seccomp_rule_add_array(filter.get(), SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1, &is_request))
      return failed(failure);
  }
  if (const int failure = seccomp_load(filter.get())) return failed(failure);
  return {};
}

}  // namespace rusage_bpf
