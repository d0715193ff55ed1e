#include "target/keeper.h"

#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "os/privileges.h"

namespace rusage_bpf {
namespace {

template <typename T>
bool send_one(int socket, const T &message) {
  return send(socket, &message, sizeof(message), MSG_NOSIGNAL) == sizeof(message);
}

template <typename T>
bool receive_one(int socket, T &message) {
  ssize_t got = 0;
  do got = recv(socket, &message, sizeof(message), 0);
  while (got < 0 && errno == EINTR);
  return got == sizeof(message);
}

void close_all_except(int socket) {
  const auto kept = static_cast<unsigned>(socket);
  if (kept > 0) close_range(0, kept - 1, 0);
  close_range(kept + 1, ~0U, 0);
}

// Reports each stop and exit to the recorder, until no child is left.
[[noreturn]] void report_all(int socket, pid_t recorder) {
  char reaps_orphans = 0;
  if (!receive_one(socket, reaps_orphans)) _exit(0);
  if (reaps_orphans) prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  if (!send_one(socket, reaps_orphans)) _exit(0);
  for (;;) {
    siginfo_t info{};
    ChildReport report;
    // waitid of glibc does not have the fifth argument.
    constexpr int flags = WEXITED | WSTOPPED | WNOWAIT;
    if (syscall(SYS_waitid, P_ALL, 0, &info, flags, &report.usage) != 0) {
      if (errno == EINTR) continue;
      _exit(0);
    }
    report.pid = info.si_pid;
    report.stopped = info.si_code == CLD_STOPPED || info.si_code == CLD_TRAPPED;
    report.status = report.stopped ? info.si_status : status_of(info);
    if (report.stopped) waitid(P_PID, static_cast<id_t>(report.pid), &info, WSTOPPED | WNOHANG);
    if (!send_one(socket, report)) _exit(0);
    kill(recorder, SIGCHLD);
    char confirmation = 0;
    if (!receive_one(socket, confirmation)) _exit(0);
    if (!report.stopped) waitpid(report.pid, nullptr, 0);
    if (!send_one(socket, confirmation)) _exit(0);
  }
}

[[noreturn]] void run_keeper(int socket, pid_t recorder, const std::function<void()> &child) {
  const pid_t pid = fork();
  if (pid == 0) child();
  // Signals from a terminal to the process group are for the command.
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, nullptr);
  close_all_except(socket);
  static_cast<void>(drop_privileges({}));
  // Without the recorder, orphans are reparented as if it had never been there. This comes after drop_privileges,
  // because a change of the user resets it.
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (getppid() != recorder || !send_one(socket, pid) || pid < 0) _exit(0);
  // If SIGCHLD is ignored, no child can be reaped.
  static_cast<void>(std::signal(SIGCHLD, SIG_DFL));
  report_all(socket, recorder);
}

}  // namespace

int status_of(const siginfo_t &info) {
  constexpr int code_shift = 8;
  constexpr int core_flag = 0x80;
  if (info.si_code == CLD_EXITED) return info.si_status << code_shift;
  return info.si_status | (info.si_code == CLD_DUMPED ? core_flag : 0);
}

// The init of a pid namespace and a subreaper get other orphans than the command's.
bool Keeper::is_needed() {
  int is_subreaper = 0;
  if (prctl(PR_GET_CHILD_SUBREAPER, &is_subreaper, 0, 0, 0) == 0 && is_subreaper) return true;
  siginfo_t info{};
  const bool childless = waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) != 0 && errno == ECHILD;
  return !childless || getpid() == 1;
}

Result<Keeper> Keeper::start(const std::function<void()> &child) {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) return errno_error("making a socket");
  Fd recorder_end(ends[0]);
  Fd keeper_end(ends[1]);
  const pid_t recorder = getpid();
  const pid_t pid = fork();
  if (pid < 0) return errno_error("starting the command");
  if (pid == 0) run_keeper(keeper_end.get(), recorder, child);
  keeper_end.reset();
  pid_t command = -1;
  if (!receive_one(recorder_end.get(), command) || command < 0)
    return error("starting the command: no process could be made");
  return Keeper(pid, command, std::move(recorder_end));
}

Result<void> Keeper::start_reports(bool reaps_orphans) {
  char request = reaps_orphans ? 1 : 0;
  if (!send_one(socket_.get(), request) || !receive_one(socket_.get(), request))
    return error("starting the command: the process that keeps it is gone");
  return {};
}

std::optional<ChildReport> Keeper::next() {
  ChildReport report;
  const ssize_t got = recv(socket_.get(), &report, sizeof(report), MSG_DONTWAIT);
  if (got == sizeof(report)) return report;
  done_ = done_ || got == 0 || (errno != EAGAIN && errno != EINTR);
  return std::nullopt;
}

void Keeper::confirm() {
  char confirmation = 1;
  if (send_one(socket_.get(), confirmation)) receive_one(socket_.get(), confirmation);
}

}  // namespace rusage_bpf
