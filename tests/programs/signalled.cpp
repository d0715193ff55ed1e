// Writes each signal that it gets into FILE, a line with its number and the value sent with it, until SIGUSR2 ends it.
// It sleeps between them, so that it gets each separately.
#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, nullptr);
  std::FILE *file = std::fopen(argv[1], "we");
  if (!file) return 1;
  std::setvbuf(file, nullptr, _IOLBF, 0);
  std::fprintf(file, "ready %d %d\n", getpid(), getppid());
  for (siginfo_t info{}; sigwaitinfo(&all, &info) > 0 && info.si_signo != SIGUSR2;)
    std::fprintf(file, "%d %d\n", info.si_signo, info.si_code == SI_QUEUE ? info.si_value.sival_int : 0);
  return 5;
}
