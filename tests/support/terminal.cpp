#include "support/terminal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <stdexcept>
#include <thread>

namespace test {

Terminal::Terminal(const Start &start) : master_(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)) {
  std::array<char, 64> name{};
  if (!master_ || unlockpt(master_.get()) != 0 || ptsname_r(master_.get(), name.data(), name.size()) != 0)
    throw std::runtime_error("no pseudo-terminal");
  resize(24, 80);
  Start in_terminal = start;
  in_terminal.environment.insert({"TERM", "vt100"});
  // Opened by the leader of a session without one, it becomes the controlling terminal.
  process_.emplace(in_terminal, [&] {
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) redirect(fd, name.data(), O_RDWR);
  });
}

void Terminal::type(std::string_view keys) const {
  if (write(master_.get(), keys.data(), keys.size()) != static_cast<ssize_t>(keys.size()))
    throw std::runtime_error("the terminal does not take what is typed");
}

void Terminal::resize(unsigned short rows, unsigned short columns) const {
  const winsize size{rows, columns, 0, 0};
  if (ioctl(master_.get(), TIOCSWINSZ, &size) != 0) throw std::runtime_error("TIOCSWINSZ");
}

bool Terminal::read_shown() {
  std::array<char, 4096> bytes{};
  const ssize_t got = master_ ? read(master_.get(), bytes.data(), bytes.size()) : 0;
  if (got > 0) shown_.append(bytes.data(), static_cast<std::size_t>(got));
  return got > 0;
}

void Terminal::look(Deadline deadline, const std::string &what) {
  std::array<pollfd, 2> events{pollfd{process_->end_fd(), POLLIN, 0}, pollfd{master_.get(), POLLIN, 0}};
  if (poll(events.data(), events.size(), milliseconds_to(deadline)) > 0) {
    if (read_shown()) return;
    // While no process has the terminal open, it is always readable, without data.
    if (events[0].revents == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  if (std::chrono::steady_clock::now() > deadline)
    throw std::runtime_error(fmt::format("never came: {}; shown was: {}", what, shown_));
}

void Terminal::wait_for(std::string_view text) {
  const Deadline deadline = patience();
  std::size_t found = 0;
  while ((found = shown_.find(text, seen_)) == std::string::npos)
    look(process_->ended_by({}) ? Deadline() : deadline, std::string(text));
  seen_ = found + text.size();
}

Finished Terminal::wait() {
  const Deadline deadline = patience();
  while (!process_->ended_by({})) look(deadline, "the program's end");
  while (read_shown()) {
  }
  Finished finished = process_->reap();
  finished.output = shown_;
  return finished;
}

}  // namespace test
