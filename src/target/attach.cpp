#include "target/attach.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <sstream>

#include "target/access.h"

namespace rusage_bpf {
namespace {

std::string read_all(const std::string &path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

// The fields of /proc/PID/stat that we want. The name, in parentheses, may hold anything.
struct Stat {
  pid_t parent = 0;
  bool kernel_thread = false;
};

std::optional<Stat> read_stat(pid_t pid) {
  const std::string line = read_all(fmt::format("/proc/{}/stat", pid));
  const std::size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(line.substr(name_end + 1));
  constexpr unsigned long flag_kernel_thread = 0x00200000;  // PF_KTHREAD, include/linux/sched.h
  char state = 0;
  pid_t parent = 0;
  int group = 0;
  int session = 0;
  int terminal = 0;
  int foreground = 0;
  unsigned long flags = 0;
  fields >> state >> parent >> group >> session >> terminal >> foreground >> flags;
  return Stat{.parent = parent, .kernel_thread = (flags & flag_kernel_thread) != 0};
}

std::vector<std::string> command_line(pid_t pid) {
  std::istringstream text(read_all(fmt::format("/proc/{}/cmdline", pid)));
  std::vector<std::string> argv;
  for (std::string argument; std::getline(text, argument, '\0');) argv.push_back(argument);
  return argv;
}

}  // namespace

Result<Attach> Attach::find(pid_t pid) {
  Fd process(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  if (!process && errno == ESRCH)
    return error(fmt::format("--pid {}: there is no such process", pid));
  // Which of the two depends on the kernel.
  if (!process && (errno == EINVAL || errno == ENOENT))
    return error(fmt::format("--pid {}: this is a thread; give the number of its process", pid));
  if (!process) return errno_error(fmt::format("--pid {}", pid));
  const auto stat = read_stat(pid);
  if (stat && stat->kernel_thread)
    return error(fmt::format("--pid {}: this is a kernel thread, which has no process", pid));
  const auto allowed = may_look_into(pid);
  Attach attach(pid, std::move(process), command_line(pid));
  // All that was asked by number was about this process only if it lives on.
  if (!attach.alive()) return error(fmt::format("--pid {}: the process has ended", pid));
  if (!allowed) return error(fmt::format("--pid {}: {}", pid, allowed.error().message));
  return attach;
}

bool Attach::alive() const {
  pollfd ended{process_.get(), POLLIN, 0};
  return poll(&ended, 1, 0) == 0;
}

Result<std::optional<Ended>> Attach::take(const signalfd_siginfo &signal) {
  return ended_by_signal(signal);
}

std::optional<Ended> Attach::end_seen_in(const Snapshot &snapshot) {
  if (!is_empty(snapshot)) return std::nullopt;
  return Ended{.by = "tree", .exit = {}, .kernel = {}};
}

std::vector<pid_t> recorder_and_its_sudo() {
  std::vector<pid_t> pids{getpid()};
  for (pid_t above = getppid(); above > 1;) {
    if (read_all(fmt::format("/proc/{}/comm", above)) != "sudo\n") break;
    pids.push_back(above);
    const auto stat = read_stat(above);
    above = stat ? stat->parent : 0;
  }
  return pids;
}

}  // namespace rusage_bpf
