// What the recorder says to its user, on standard error. All of it goes through here, because a message must do no harm
// where it cannot be written: the device is full, the descriptor closed, the reader gone, the terminal hung up.
// To be called from the main thread.
#pragma once

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace rusage_bpf {

// Writes the text as it is. Failures are ignored, and none of them raises a signal or throws.
void say_text(std::string_view text) noexcept;

// Writes "rusage-bpf: ", the text as `one_line` makes it safe for a terminal, and a newline.
void say_line(std::string_view text) noexcept;

// The same with a text to be formatted.
template <typename... Values>
void say(fmt::format_string<Values...> format, Values &&...values) noexcept {
  try {
    say_line(fmt::format(format, std::forward<Values>(values)...));
  } catch (...) {
    // Out of memory: there is no message, and whatever it was about goes on.
    say_line("out of memory while writing a message");
  }
}

// From now on a thread writes the messages, so that a reader that stalls delays nothing. What does not fit into a
// bounded memory meanwhile is dropped.
void say_in_background() noexcept;

// At the end of the program: waits until all messages are written. SIGINT, SIGQUIT and SIGTERM end a wait that lasts.
void finish_saying() noexcept;

}  // namespace rusage_bpf
