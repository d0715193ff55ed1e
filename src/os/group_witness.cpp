#include "os/group_witness.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <string_view>
#include <utility>

#include "os/caller.h"

namespace rusage_bpf {
namespace {

using Received = GroupWitness::Received;

// Reports received signals. If the recorder does not read, for example because it is stopped, the socket fills up and
// the rest is dropped: these signals then count as sent to the recorder only.
void report(int signals, int socket) {
  signalfd_siginfo info{};
  while (read(signals, &info, sizeof(info)) == sizeof(info)) {
    const Received received{static_cast<int>(info.ssi_signo), static_cast<pid_t>(info.ssi_pid)};
    static_cast<void>(send(socket, &received, sizeof(received), MSG_DONTWAIT | MSG_NOSIGNAL));
  }
}

// pkill and pidof must not find the witness by the recorder's name: a signal to both would count as sent to the group.
// The arguments also have that name, so they are overwritten where the kernel reads them.
void change_name() {
  constexpr std::string_view name = "signal-witness";
  prctl(PR_SET_NAME, name.data());
  const Fd arguments(open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC));
  std::array<char, 4096> block{};
  std::size_t bytes = 0;
  for (ssize_t got = 0; (got = read(arguments.get(), block.data(), block.size())) > 0;)
    bytes += static_cast<std::size_t>(got);
  std::fill_n(program_invocation_name, bytes, '\0');
  std::copy_n(name.data(), std::min(name.size(), bytes), program_invocation_name);
}

// Only system calls: in a copy of one of several threads, locks of the library may be held forever.
void give_up_privileges(const Caller &user) {
  syscall(SYS_setgroups, 0, nullptr);
  syscall(SYS_setresgid, user.gid, user.gid, user.gid);
  syscall(SYS_setresuid, user.uid, user.uid, user.uid);
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  constexpr std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> none{};
  syscall(SYS_capset, &header, none.data());
}

[[noreturn]] void witness(int socket, const Caller &user) {
  constexpr int own_socket = 3;
  dup2(socket, own_socket);
  close_range(own_socket + 1, ~0U, 0);
  for (int standard = 0; standard < own_socket; standard++) close(standard);
  change_name();
  give_up_privileges(user);
  static_cast<void>(chdir("/"));
  sigset_t all;
  sigfillset(&all);
  const int signals = signalfd(-1, &all, SFD_NONBLOCK);
  for (;;) {
    std::array<pollfd, 2> events{pollfd{signals, POLLIN, 0}, pollfd{own_socket, POLLIN, 0}};
    poll(events.data(), events.size(), -1);
    report(signals, own_socket);
    if (events[1].revents == 0) continue;
    char question = 0;
    if (recv(own_socket, &question, 1, MSG_DONTWAIT) <= 0) _exit(0);
    report(signals, own_socket);
    const Received answer{};
    static_cast<void>(send(own_socket, &answer, sizeof(answer), MSG_DONTWAIT | MSG_NOSIGNAL));
  }
}

}  // namespace

std::optional<GroupWitness> GroupWitness::start() {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) return std::nullopt;
  Fd recorder_end(ends[0]);
  const Fd witness_end(ends[1]);
  const Caller user = caller();
  // Signals are blocked before it starts, so that none can end it.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  // A child that sends no signal at its exit is only reaped with __WCLONE.
  const auto pid = static_cast<pid_t>(syscall(SYS_clone, 0, nullptr, nullptr, nullptr, nullptr));
  if (pid == 0) witness(witness_end.get(), user);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) return std::nullopt;
  return GroupWitness(pid, std::move(recorder_end));
}

GroupWitness::GroupWitness(GroupWitness &&other) noexcept
    : pid_(std::exchange(other.pid_, 0)), socket_(std::move(other.socket_)) {}

GroupWitness &GroupWitness::operator=(GroupWitness &&other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(socket_, other.socket_);
  return *this;
}

GroupWitness::~GroupWitness() {
  if (pid_ == 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, __WCLONE);
}

std::optional<Received> GroupWitness::next() {
  Received received{};
  const ssize_t got = recv(socket_.get(), &received, sizeof(received), MSG_DONTWAIT);
  if (got == sizeof(received)) return received;
  if (got == 0) socket_.reset();  // it is gone
  return std::nullopt;
}

bool GroupWitness::ask() {
  constexpr char question = 0;
  return send(socket_.get(), &question, 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1;
}

}  // namespace rusage_bpf
