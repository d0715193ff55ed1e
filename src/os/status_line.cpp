#include "os/status_line.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string>

#include "os/blocked_signals.h"
#include "os/message.h"

namespace rusage_bpf {
namespace {

// Erases from the cursor to the end of the screen: a terminal that became narrower may have wrapped the line.
constexpr std::string_view erase = "\x1b[J";

bool can_redraw() {
  const char *kind = std::getenv("TERM");
  return kind != nullptr && *kind != 0 && std::string_view(kind) != "dumb";
}

}  // namespace

std::optional<StatusLine> StatusLine::open() {
  if (isatty(STDERR_FILENO) == 0 || !can_redraw()) return std::nullopt;
  // Opened again, because O_NONBLOCK on an inherited descriptor would also change it for other processes.
  Fd terminal(
      ::open(fmt::format("/proc/self/fd/{}", STDERR_FILENO).c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!terminal) return std::nullopt;
  return StatusLine(std::move(terminal));
}

unsigned StatusLine::columns() const {
  constexpr unsigned usual = 80;
  winsize size{};
  const bool known = ioctl(terminal_.get(), TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : usual;
}

// A terminal of another session has no job control for this process.
bool StatusLine::in_foreground() const {
  const pid_t group = tcgetpgrp(terminal_.get());
  return group < 0 ? errno == ENOTTY : group == getpgrp();
}

// The cursor stays at the start of the line, so that other output replaces the line.
bool StatusLine::draw(std::string_view text) {
  // The foreground job may change between the check and the write. With `stty tostop`, the write would then stop this
  // process.
  const BlockedSignals blocked{SIGTTOU};
  if (!in_foreground()) return false;
  const std::string bytes = fmt::format("\r{}{}\r", text, erase);
  const ssize_t written = write(terminal_.get(), bytes.data(), bytes.size());
  // If only a part was written, the next line replaces it.
  drawn_ = drawn_ || written > 0;
  return written == static_cast<ssize_t>(bytes.size());
}

void StatusLine::wipe() {
  if (!terminal_ || !std::exchange(drawn_, false)) return;
  // In the background, another job has overwritten it.
  if (in_foreground()) say_text(fmt::format("\r{}", erase));
}

}  // namespace rusage_bpf
