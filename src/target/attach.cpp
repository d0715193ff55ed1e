#include "target/attach.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <sstream>

#include "model/name.h"
#include "model/process.h"
#include "proc/files.h"
#include "proc/text.h"
#include "target/access.h"
#include "target/wrappers.h"

namespace rusage_bpf {
namespace {

std::string read_all(const std::string &path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

std::vector<std::string> command_line(pid_t pid) {
  const std::string process = fmt::format("/proc/{}", pid);
  const Fd directory(open(process.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  proc::Reader reader;
  const auto tid = proc::live_thread_without_main(directory.get(), reader);
  return texts_of_bytes(
      running_arguments(read_all(tid ? fmt::format("{}/task/{}/cmdline", process, *tid) : process + "/cmdline")));
}

}  // namespace

Result<Fd> open_process(const char *option, pid_t pid) {
  Fd process(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  if (process) return process;
  if (errno == ESRCH) return error(fmt::format("{} {}: there is no such process", option, pid));
  // Which of these two errors it is depends on the kernel.
  if (errno == EINVAL || errno == ENOENT)
    return error(fmt::format("{} {}: this is a thread; give the number of its process", option, pid));
  return errno_error(fmt::format("{} {}", option, pid));
}

Result<Attach> Attach::find(pid_t pid) {
  auto process = open_process("--pid", pid);
  if (!process) return tl::unexpected(process.error());
  const std::string stat_text = read_all(fmt::format("/proc/{}/stat", pid));
  const auto stat = proc::parse_stat(stat_text);
  constexpr std::uint64_t flag_kernel_thread = 0x00200000;  // PF_KTHREAD, include/linux/sched.h
  if (stat && (stat->flags & flag_kernel_thread) != 0)
    return error(fmt::format("--pid {}: this is a kernel thread, which has no process", pid));
  Attach attach(pid, *std::move(process), command_line(pid));
  // What was read by pid is of this process only if it is still live.
  if (const auto live = attach.check_live(); !live) return tl::unexpected(live.error());
  return attach;
}

Result<void> Attach::check_may_trace() const {
  const auto allowed = rusage_bpf::check_may_trace(pid_);
  // If the process has exited, its pid may be another process's.
  if (allowed || !is_live()) return {};
  return error(fmt::format("--pid {}: {}", pid_, allowed.error().message));
}

Result<void> Attach::check_live() const {
  if (!is_live()) return error(fmt::format("--pid {}: the process has ended", pid_));
  return {};
}

Selection Attach::selection() const {
  return selected::Tree{.pid = pid_, .argv = argv_, .excluded = recorder_and_wrappers(pid_)};
}

bool Attach::exits_within(int milliseconds) const {
  pollfd exited{process_.get(), POLLIN, 0};
  return poll(&exited, 1, milliseconds) != 0;
}

bool Attach::wait_if_exiting() const {
  // The kernel sets this flag before it closes the files of an exiting process, and the pidfd is ready only later.
  constexpr int timeout_ms = 1000;
  constexpr std::uint64_t flag_exiting = 0x00000004;  // PF_EXITING, include/linux/sched.h
  const auto stat_text = read_all(fmt::format("/proc/{}/stat", pid_));
  const auto stat = proc::parse_stat(stat_text);
  return (!stat || (stat->flags & flag_exiting) != 0) && exits_within(timeout_ms);
}

Result<std::optional<Ended>> Attach::handle(const Signal &signal) {
  return ended_by_signal(signal);
}

std::optional<Ended> Attach::end_in(const Snapshot &snapshot) {
  if (!is_empty(snapshot)) return std::nullopt;
  return Ended{.by = EndReason::tree, .exit = {}, .kernel = {}};
}

}  // namespace rusage_bpf
