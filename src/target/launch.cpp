#include "target/launch.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bit>
#include <csignal>
#include <fstream>
#include <iterator>

#include "model/name.h"
#include "os/clock.h"
#include "proc/text.h"
#include "target/command_child.h"
#include "target/environment.h"
#include "target/exec_error.h"

namespace rusage_bpf {
namespace {

KernelTotal kernel_total(const rusage &usage) {
  KernelTotal total;
  const auto set = [&total](rusage_column column, std::uint64_t value) {
    total.value[column] = value;
    total.known.set(column);
  };
  set(RUSAGE_user, to_ns(usage.ru_utime));
  set(RUSAGE_system, to_ns(usage.ru_stime));
  set(RUSAGE_minor_faults, static_cast<std::uint64_t>(usage.ru_minflt));
  set(RUSAGE_major_faults, static_cast<std::uint64_t>(usage.ru_majflt));
  set(RUSAGE_ctx_switches_voluntary, static_cast<std::uint64_t>(usage.ru_nvcsw));
  set(RUSAGE_ctx_switches_involuntary, static_cast<std::uint64_t>(usage.ru_nivcsw));
  total.peak_rss_bytes = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
  return total;
}

// Whether the recorder's process group gets the signals of the terminal's keys.
bool in_foreground() {
  const Fd terminal(open("/dev/tty", O_RDONLY | O_CLOEXEC | O_NOCTTY));
  return terminal && tcgetpgrp(terminal.get()) == getpgrp();
}

bool is_stopped_child(pid_t pid) {
  siginfo_t info{};
  return waitid(P_PID, static_cast<id_t>(pid), &info, WSTOPPED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid &&
         info.si_status == SIGTSTP;
}

bool has_own_children() {
  siginfo_t info{};
  return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

}  // namespace

Result<Launch> Launch::start(std::vector<std::string> argv, Until until, const std::optional<User> &user) {
  auto release = make_pipe();
  auto errors = make_pipe();
  if (!release || !errors) return tl::unexpected((release ? errors : release).error());
  restore_stack_limit();
  Environment environment = Environment::given();
  if (user) environment.set_user(*user);
  const auto child = [&] {
    release->write_end.reset();
    errors->read_end.reset();
    run_command_child(argv, environment.entries(), user, release->read_end.get(), errors->write_end.get());
  };
  std::optional<Keeper> keeper;
  pid_t pid = -1;
  if (Keeper::is_needed()) {
    auto started = Keeper::start(child);
    if (!started) return tl::unexpected(started.error());
    pid = started->child();
    keeper = *std::move(started);
  } else {
    pid = fork();
    if (pid < 0) return errno_error("starting the command");
    if (pid == 0) child();
  }
  errors->write_end.reset();  // now only the child has it, so that receive_error returns when the child exits
  if (user) {
    const int reason = receive_error(errors->read_end.get()).value_or(ESRCH);
    if (reason != 0) return errno_error("running the command as " + user->name, reason);
  }
  const uid_t uid = user ? user->identity.uid : geteuid();
  return Launch(std::move(argv), until, uid, pid, std::move(keeper), std::move(release->write_end),
                std::move(errors->read_end));
}

Selection Launch::selection() const {
  return selected::Command{.pid = pid_, .parent = keeper_ ? keeper_->pid() : getpid(), .argv = texts_of_bytes(argv_)};
}

Result<void> Launch::release() {
  if (keeper_)
    if (auto started = keeper_->start_reports(static_cast<bool>(before_reaping_)); !started) return started;
  const char byte = 1;
  if (write(release_.get(), &byte, 1) != 1) return errno_error("starting the command");
  release_.reset();
  // An exec that fails mostly fails at once, and then there is nothing to record. If it takes longer, for example
  // because of a slow disk, `handle` finds the error.
  constexpr int timeout_ms = 50;
  pollfd answer{errors_.get(), POLLIN, 0};
  if (poll(&answer, 1, timeout_ms) == 1)
    if (const auto reason = receive_error(errors_.get())) return exec_error(argv_.front(), *reason);
  return {};
}

// A signal to the process group has reached the command already: from the terminal's keys, or from kill with a negative
// pid. When the terminal closes, only the session leader gets SIGHUP. A signal from the command itself is not sent
// back.
bool Launch::has_reached_command(const Signal &signal) const {
  if (!signal.from_kernel()) return signal.to_group || signal.sender == pid_;
  return signal.number != SIGHUP || getsid(0) != getpid();
}

// With the value of sigqueue(3), if it has one.
void Launch::forward(const Signal &signal) const {
  if (signal.code == SI_QUEUE)
    sigqueue(pid_, signal.number, {.sival_ptr = std::bit_cast<void *>(signal.value)});
  else
    kill(pid_, signal.number);
}

Result<std::optional<Ended>> Launch::handle(const Signal &signal) {
  if (signal.number == SIGCHLD) {
    auto reaped = reap();
    if (reaped && !*reaped) stop_with_command();
    if (reaped && until_ == Until::tree) return std::nullopt;
    return reaped;
  }
  // A stop of the whole job, for example by the terminal, also stops the recorder.
  if (signal.stops() && (signal.from_kernel() || signal.to_group)) act_on_stop(signal);
  if (!ended_) {
    if (!has_reached_command(signal)) forward(signal);
    return std::nullopt;
  }
  // Only processes that the command left behind are recorded, so the signal is for the recorder.
  const auto by_signal = ended_by_signal(signal);
  if (!by_signal) return std::nullopt;
  Ended end = *ended_;
  end.by = by_signal->by;
  return end;
}

Result<std::optional<Ended>> Launch::check() {
  auto reaped = reap();
  if (reaped && until_ == Until::tree) return std::nullopt;
  return reaped;
}

std::optional<Ended> Launch::end_in(const Snapshot &snapshot) {
  if (until_ == Until::command || !ended_) return std::nullopt;
  // If orphans are reparented to the recorder, it also knows those that no sample has found yet.
  if (before_reaping_ ? has_children() : !is_empty(snapshot)) return std::nullopt;
  Ended end = *ended_;
  end.by = EndReason::tree;
  return end;
}

int Launch::exit_status() const {
  const Exit exit = so_far().exit;
  return exit.signal ? 128 + *exit.signal : exit.code.value_or(0);
}

Result<void> Launch::reap_orphans(const BeforeReaping &before_reaping) {
  if (!keeper_ && prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) return errno_error("adopting orphans");
  before_reaping_ = before_reaping;
  return {};
}

bool Launch::has_children() const {
  return keeper_ ? !keeper_->is_done() : has_own_children();
}

// Reaps the command, its orphans, and processes that the command made children of its own parent (CLONE_PARENT).
Result<std::optional<Ended>> Launch::reap() {
  auto all = keeper_ ? reap_by_keeper() : reap_own_children();
  if (!all) return tl::unexpected(all.error());
  return ended_;
}

Result<void> Launch::reap_own_children() {
  for (;;) {
    siginfo_t info{};
    rusage usage{};
    // waitid of glibc does not have the fifth argument.
    constexpr int flags = WEXITED | WNOHANG | WNOWAIT;
    const long failed = syscall(SYS_waitid, P_ALL, 0, &info, flags, &usage);
    if (failed && errno == ECHILD && ended_) return {};
    if (failed) return errno_error("waiting for the command");
    if (info.si_pid == 0) return {};
    note_exit(info.si_pid, status_of(info), usage);
    if (waitpid(info.si_pid, nullptr, 0) != info.si_pid) return errno_error("waiting for the command");
    if (auto executed = check_executed(info.si_pid); !executed) return executed;
  }
}

Result<void> Launch::reap_by_keeper() {
  while (const auto report = keeper_->next()) {
    if (report->stopped) {
      if (report->pid == pid_) stopped_by_ = report->status;
    } else {
      note_exit(report->pid, report->status, report->usage);
    }
    keeper_->confirm();
    if (!report->stopped)
      if (auto executed = check_executed(report->pid); !executed) return executed;
  }
  // The init of a pid namespace must also reap other orphans.
  if (getpid() == 1)
    while (waitpid(-1, nullptr, WNOHANG) > 0) continue;
  if (keeper_->is_done() && !ended_) return error("waiting for the command: the process that keeps it is gone");
  return {};
}

void Launch::note_exit(pid_t pid, int status, const rusage &usage) {
  const KernelTotal total = kernel_total(usage);
  if (before_reaping_) before_reaping_(pid, status, total);
  if (pid == pid_) ended_ = Ended{.by = EndReason::command, .exit = exit_of_status(status), .kernel = total};
}

Result<void> Launch::check_executed(pid_t pid) {
  if (pid != pid_) return {};
  if (const auto reason = receive_error(errors_.get())) return exec_error(argv_.front(), *reason);
  return {};
}

bool Launch::stopped_by_itself() const {
  if (!keeper_) return is_stopped_child(pid_);
  std::ifstream file(fmt::format("/proc/{}/stat", pid_));
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto stat = proc::parse_stat(text);
  return stopped_by_ == SIGTSTP && stat && stat->state == 'T';
}

void Launch::stop_with_command() const {
  if (!stopped_by_itself() || !in_foreground()) return;
  // After `fg`, the command may continue a moment later than the recorder, so this checks again.
  constexpr useconds_t delay_us = 20'000;
  usleep(delay_us);
  if (!stopped_by_itself()) return;
  static_cast<void>(raise(SIGSTOP));
  kill(pid_, SIGCONT);
}

}  // namespace rusage_bpf
