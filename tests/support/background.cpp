#include "support/background.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>

namespace test {
namespace {

void set_environment(const Start &start) {
  // The tests may run under sudo, and the recorder would then act for the user that called it. The others are the
  // user's own settings for the programs that the tests run.
  for (const char *name : {"SUDO_UID", "SUDO_GID", "DOAS_USER", "PKEXEC_UID", "ENV", "LESS", "EXINIT", "VIMINIT"})
    unsetenv(name);
  if (!start.directory.empty()) setenv("HOME", start.directory.c_str(), 1);
  for (const auto &[name, value] : start.environment) setenv(name.c_str(), value.c_str(), 1);
}

}  // namespace

Deadline patience() {
  return std::chrono::steady_clock::now() + std::chrono::seconds(clock_is_emulated() ? 60 : 20);
}

int milliseconds_to(Deadline deadline) {
  const auto left = deadline - std::chrono::steady_clock::now();
  return static_cast<int>(std::max<long>(std::chrono::duration_cast<std::chrono::milliseconds>(left).count(), 0));
}

void wait_until(const std::string &what, const std::function<bool()> &condition) {
  const Deadline deadline = patience();
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("never came: " + what);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

void redirect(int fd, const std::string &path, int flags) {
  const int file = open(path.c_str(), flags, 0600);
  if (file < 0 || dup2(file, fd) < 0) _exit(99);
  if (file != fd) close(file);
}

void without_core_files() {
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
}

Process::Process(const Start &start, const std::function<void()> &attach) : pid_(fork()) {
  if (pid_ < 0) throw std::runtime_error("fork");
  if (pid_ == 0) {
    setsid();
    for (int signal = 1; signal < SIGRTMIN; signal++) std::signal(signal, SIG_DFL);
    attach();
    set_environment(start);
    if (!start.directory.empty() && chdir(start.directory.c_str()) != 0) _exit(99);
    std::vector<char *> arguments;
    for (const std::string &argument : start.argv) arguments.push_back(const_cast<char *>(argument.c_str()));
    arguments.push_back(nullptr);
    if (start.prepare) start.prepare();
    execvp(arguments[0], arguments.data());
    _exit(99);
  }
  end_.reset(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
  if (!end_) throw std::runtime_error("pidfd_open");
}

Process::~Process() {
  if (reaped_) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

void Process::send(int signal) const {
  if (kill(pid_, signal) != 0) throw std::runtime_error("kill");
}

bool Process::ended_by(Deadline deadline) const {
  pollfd end{end_.get(), POLLIN, 0};
  return poll(&end, 1, milliseconds_to(deadline)) == 1;
}

Finished Process::reap() {
  int status = 0;
  if (waitpid(pid_, &status, 0) != pid_) throw std::runtime_error("waitpid");
  reaped_ = true;
  Finished finished;
  if (WIFEXITED(status)) finished.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) finished.signal = WTERMSIG(status);
  return finished;
}

Background::Background(const Start &start)
    : process_(start, [&] {
        std::ofstream(files_.file("input"), std::ios::binary) << start.input;
        redirect(STDIN_FILENO, files_.file("input"), O_RDONLY);
        redirect(STDOUT_FILENO, files_.file("output"), O_WRONLY | O_CREAT);
        redirect(STDERR_FILENO, files_.file("errors"), O_WRONLY | O_CREAT);
      }) {}

std::string Background::written(const std::string &name) const {
  // The child makes the file.
  const std::string path = files_.file(name);
  return std::filesystem::exists(path) ? read_file(path) : "";
}

Finished Background::wait() {
  if (!process_.ended_by(patience())) throw std::runtime_error("the program does not end");
  Finished finished = process_.reap();
  finished.output = output();
  finished.errors = errors();
  return finished;
}

}  // namespace test
