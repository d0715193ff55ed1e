#include "target/launch.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <csignal>
#include <fstream>
#include <iterator>

#include "model/name.h"
#include "os/bus_signal.h"
#include "os/clock.h"
#include "proc/text.h"
#include "target/environment.h"
#include "target/exec_error.h"
#include "target/typing.h"

namespace rusage_bpf {
namespace {

struct Pipe {
  Fd read_end;
  Fd write_end;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return errno_error("making a pipe");
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

// The child's errno, or 0, on its way to us.
bool tell(int failure, int reason) {
  return write(failure, &reason, sizeof(reason)) == sizeof(reason);
}

// Nothing where the child is gone and has not said a word.
std::optional<int> told(int failure) {
  int reason = 0;
  ssize_t got = 0;
  do got = read(failure, &reason, sizeof(reason));
  while (got < 0 && errno == EINTR);
  return got == sizeof(reason) ? std::optional(reason) : std::nullopt;
}

// Before root becomes somebody else, who is not to type into root's terminal.
Result<void> prepare_for(const User &user) {
  return user.identity.uid != 0 && could_type() ? forbid_typing() : Result<void>();
}

// The child's side: changes into the user, if one is given, and says how that went.
void change_user(const User &user, int failure) {
  const auto became = prepare_for(user).and_then([&] { return become(user.identity); });
  const bool heard = tell(failure, became ? 0 : became.error().errno_value);
  if (!became || !heard) _exit(125);
}

// As exec takes them.
std::vector<char *> pointers_to(const std::vector<std::string> &strings) {
  std::vector<char *> pointers;
  pointers.reserve(strings.size() + 1);
  for (const std::string &string : strings) pointers.push_back(const_cast<char *>(string.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// The child's side: waits for the byte that lets it go, then executes the command or says why it
// cannot.
[[noreturn]] void execute(const std::vector<std::string> &argv, const std::vector<std::string> &environment, int start,
                          int failure) {
  char go = 0;
  ssize_t got = 0;
  do got = read(start, &go, 1);
  while (got < 0 && errno == EINTR);
  if (got != 1) _exit(125);

  give_back_bus_signal();
  execvpe(argv[0].c_str(), pointers_to(argv).data(), pointers_to(environment).data());
  _exit(tell(failure, errno) ? 127 : 126);
}

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

// Whether what the terminal's keys send comes to our process group.
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

Result<Launch> Launch::hold(std::vector<std::string> argv, Until until, const std::optional<User> &user) {
  auto start = make_pipe();
  auto failure = make_pipe();
  if (!start || !failure) return tl::unexpected((start ? failure : start).error());
  give_back_stack_limit();
  Environment environment = Environment::given();
  if (user) environment.enter(*user);
  const auto child = [&] {
    start->write_end.reset();
    failure->read_end.reset();
    if (user) change_user(*user, failure->write_end.get());
    execute(argv, environment.entries(), start->read_end.get(), failure->write_end.get());
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
  failure->write_end.reset();  // the child's alone now, so that its end is seen
  if (user) {
    const int reason = told(failure->read_end.get()).value_or(ESRCH);
    if (reason != 0) return errno_error("running the command as " + user->name, reason);
  }
  const uid_t uid = user ? user->identity.uid : geteuid();
  return Launch(std::move(argv), until, uid, pid, std::move(keeper), std::move(start->write_end),
                std::move(failure->read_end));
}

Selection Launch::selection() const {
  return selected::Command{.pid = pid_, .parent = keeper_ ? keeper_->pid() : getpid(), .argv = texts_of_bytes(argv_)};
}

Result<void> Launch::release() {
  if (keeper_)
    if (auto begun = keeper_->begin(static_cast<bool>(before_reaping_)); !begun) return begun;
  const char go = 1;
  if (write(start_.get(), &go, 1) != 1) return errno_error("starting the command");
  start_.reset();
  // Whether it can be executed shows in a moment, and if not there is nothing to record. Where a slow
  // disk takes longer to tell, `take` hears of it.
  constexpr int moment_ms = 50;
  pollfd answer{failure_.get(), POLLIN, 0};
  if (poll(&answer, 1, moment_ms) == 1)
    if (const auto reason = told(failure_.get())) return exec_error(argv_.front(), *reason);
  return {};
}

// What is sent to our process group has reached the command without us: that is where the terminal's keys
// go, and kill with a negative number. The terminal's end goes to the leader of the session alone. What
// the command sends to whoever started it is not sent back to it.
bool Launch::has_reached_command(const Signal &signal) const {
  if (!signal.from_kernel()) return signal.to_group || signal.sender == pid_;
  return signal.number != SIGHUP || getsid(0) != getpid();
}

// With the value that sigqueue() gave it.
void Launch::forward(const Signal &signal) const {
  if (signal.code == SI_QUEUE)
    sigqueue(pid_, signal.number, {.sival_ptr = std::bit_cast<void *>(signal.value)});
  else
    kill(pid_, signal.number);
}

Result<std::optional<Ended>> Launch::take(const Signal &signal) {
  if (signal.number == SIGCHLD) {
    auto reaped = reap();
    if (reaped && !*reaped) stop_with_command();
    if (reaped && until_ == Until::tree) return std::nullopt;
    return reaped;
  }
  // Whoever stops the whole job, as the terminal does, stops us with it.
  if (signal.stops() && (signal.from_kernel() || signal.to_group)) act_on_stop(signal);
  if (!ended_) {
    if (!has_reached_command(signal)) forward(signal);
    return std::nullopt;
  }
  // Only what the command left behind is recorded still: the signal is for the recording.
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

std::optional<Ended> Launch::end_seen_in(const Snapshot &snapshot) {
  if (until_ == Until::command || !ended_) return std::nullopt;
  // Who has not been seen yet is our child by now, where we adopt orphans.
  if (before_reaping_ ? has_children() : !is_empty(snapshot)) return std::nullopt;
  Ended end = *ended_;
  end.by = EndReason::tree;
  return end;
}

int Launch::exit_status() const {
  const Exit exit = so_far().exit;
  return exit.signal ? 128 + *exit.signal : exit.code.value_or(0);
}

Result<void> Launch::adopt_orphans(const BeforeReaping &before_reaping) {
  if (!keeper_ && prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) return errno_error("adopting orphans");
  before_reaping_ = before_reaping;
  return {};
}

bool Launch::has_children() const {
  return keeper_ ? !keeper_->is_done() : has_own_children();
}

// Beside the command, there are orphans that we adopted, and children that the command gave to its own parent
// (CLONE_PARENT): ours to bury.
Result<std::optional<Ended>> Launch::reap() {
  auto all = keeper_ ? reap_by_keeper() : reap_own_children();
  if (!all) return tl::unexpected(all.error());
  return ended_;
}

Result<void> Launch::reap_own_children() {
  for (;;) {
    siginfo_t info{};
    rusage usage{};
    // glibc's waitid leaves out the fifth argument.
    constexpr int flags = WEXITED | WNOHANG | WNOWAIT;
    const long failed = syscall(SYS_waitid, P_ALL, 0, &info, flags, &usage);
    if (failed && errno == ECHILD && ended_) return {};
    if (failed) return errno_error("waiting for the command");
    if (info.si_pid == 0) return {};
    note_end(info.si_pid, status_of(info), usage);
    if (waitpid(info.si_pid, nullptr, 0) != info.si_pid) return errno_error("waiting for the command");
    if (auto executed = check_executed(info.si_pid); !executed) return executed;
  }
}

Result<void> Launch::reap_by_keeper() {
  while (const auto report = keeper_->next()) {
    if (report->stopped) {
      if (report->pid == pid_) stopped_by_ = report->status;
    } else {
      note_end(report->pid, report->status, report->usage);
    }
    keeper_->let_go();
    if (!report->stopped)
      if (auto executed = check_executed(report->pid); !executed) return executed;
  }
  // The first process of a pid namespace is the parent of others' orphans as well.
  if (getpid() == 1)
    while (waitpid(-1, nullptr, WNOHANG) > 0) continue;
  if (keeper_->is_done() && !ended_) return error("waiting for the command: the process that keeps it is gone");
  return {};
}

void Launch::note_end(pid_t pid, int status, const rusage &usage) {
  const KernelTotal total = kernel_total(usage);
  if (before_reaping_) before_reaping_(pid, status, total);
  if (pid == pid_) ended_ = Ended{.by = EndReason::command, .exit = exit_of_status(status), .kernel = total};
}

Result<void> Launch::check_executed(pid_t pid) {
  if (pid != pid_) return {};
  if (const auto reason = told(failure_.get())) return exec_error(argv_.front(), *reason);
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
  // When `fg` continues us all, the command may be a moment behind: look twice before joining it.
  constexpr useconds_t moment_us = 20'000;
  usleep(moment_us);
  if (!stopped_by_itself()) return;
  static_cast<void>(raise(SIGSTOP));
  kill(pid_, SIGCONT);
}

}  // namespace rusage_bpf
