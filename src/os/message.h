// Messages to the user, on standard error. All messages are written here, because a failure must do no harm: the device
// may be full, the descriptor closed, the reader gone or the terminal hung up. Any thread may write them.
#pragma once

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace rusage_bpf {

// Writes the text unchanged. Failures are ignored: they raise no signal and no exception.
void say_text(std::string_view text) noexcept;

// Writes "rusage-bpf: ", the text made safe for a terminal by `one_line`, and a newline.
void say_line(std::string_view text) noexcept;

// Formats the text first.
template <typename... Values>
void say(fmt::format_string<Values...> format, Values &&...values) noexcept {
  try {
    say_line(fmt::format(format, std::forward<Values>(values)...));
  } catch (...) {
    // Out of memory. The message is lost, but the recording continues.
    say_line("out of memory while writing a message");
  }
}

// From now on, a thread writes the messages, so that a stalled reader delays nothing. Messages that do not fit into a
// bounded memory are dropped.
void say_in_background() noexcept;

// Called at the end of the program: waits until all messages are written. SIGINT, SIGQUIT and SIGTERM end a long wait.
void finish_saying() noexcept;

}  // namespace rusage_bpf
