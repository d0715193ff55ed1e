// types: tries each way to type a key into its terminal. Prints "typed" or "refused" for each, also for those that the
// kernel does not have.
#include <asm/ioctls.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>

#include "process.h"

namespace {

constexpr char key = 'k';

void say(const char *way, bool typed) {
  std::printf("%s: %s\n", way, typed ? "typed" : "refused");
  std::fflush(stdout);
}

#ifdef __x86_64__
// A system call of 32-bit programs; one that the kernel does not offer ends the child.
bool types_by_int80() {
  const pid_t child = workload::fork_process();
  if (child == 0) {
    void *low = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    if (low == MAP_FAILED) _exit(1);
    *static_cast<char *>(low) = key;
    constexpr long ioctl_of_i386 = 54;
    long result = ioctl_of_i386;
    asm volatile("int $0x80" : "+a"(result) : "b"(0L), "c"(static_cast<long>(TIOCSTI)), "d"(low) : "memory");
    _exit(result == 0 ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
#endif

}  // namespace

int main() {
  say("ioctl", ioctl(STDIN_FILENO, TIOCSTI, &key) == 0);
  // The kernel uses 32 bits of the request.
  constexpr std::uint64_t disguise = 0xdead'beef'0000'0000;
  say("disguised", syscall(SYS_ioctl, STDIN_FILENO, disguise | TIOCSTI, &key) == 0);
  const int again = open("/dev/tty", O_RDWR);
  say("/dev/tty", again >= 0 && ioctl(again, TIOCSTI, &key) == 0);
#ifdef __x86_64__
  constexpr long ioctl_of_x32 = 0x40000000 + 514;
  say("x32", syscall(ioctl_of_x32, STDIN_FILENO, TIOCSTI, &key) == 0);
  say("i386", types_by_int80());
#endif
}
