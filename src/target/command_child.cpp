#include "target/command_child.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "os/bus_signal.h"
#include "target/typing.h"

namespace rusage_bpf {
namespace {

bool send_error(int errors, int reason) {
  return write(errors, &reason, sizeof(reason)) == sizeof(reason);
}

void change_user(const User &user, int errors) {
  // Before root's privileges are given up: the user must not type into root's terminal.
  const auto prepared = user.identity.uid != 0 && could_type() ? forbid_typing() : Result<void>();
  const auto became = prepared.and_then([&] { return become(user.identity); });
  const bool sent = send_error(errors, became ? 0 : became.error().errno_value);
  if (!became || !sent) _exit(125);
}

// Ends in a null pointer, as exec needs it.
std::vector<char *> pointers_to(const std::vector<std::string> &strings) {
  std::vector<char *> pointers;
  pointers.reserve(strings.size() + 1);
  for (const std::string &string : strings) pointers.push_back(const_cast<char *>(string.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return errno_error("making a pipe");
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

void run_command_child(const std::vector<std::string> &argv, const std::vector<std::string> &environment,
                       const std::optional<User> &user, int release, int errors) {
  if (user) change_user(*user, errors);
  char byte = 0;
  ssize_t got = 0;
  do got = read(release, &byte, 1);
  while (got < 0 && errno == EINTR);
  if (got != 1) _exit(125);

  restore_bus_signal();
  execvpe(argv[0].c_str(), pointers_to(argv).data(), pointers_to(environment).data());
  _exit(send_error(errors, errno) ? 127 : 126);
}

std::optional<int> receive_error(int errors) {
  int reason = 0;
  ssize_t got = 0;
  do got = read(errors, &reason, sizeof(reason));
  while (got < 0 && errno == EINTR);
  return got == sizeof(reason) ? std::optional(reason) : std::nullopt;
}

}  // namespace rusage_bpf
