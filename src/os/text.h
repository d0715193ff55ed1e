// Makes text safe for a terminal: names, arguments and paths may have any characters.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace rusage_bpf {

struct Character {
  char32_t code = 0;
  std::size_t bytes = 1;
  bool valid = false;  // UTF-8; otherwise it is one byte, and `code` is its value
};

// The first character of the text, which must not be empty.
Character first_character(std::string_view text);

bool is_utf8(std::string_view text);

// The text on one line that cannot control the terminal. White space becomes blanks. Control characters, characters
// that change the writing direction, invisible ones and bytes that are not UTF-8 become escapes such as \x1b or \u202e.
std::string one_line(std::string_view text);

// The same in at most `width` columns, which must be more than three. "..." replaces what is left out, and no character
// is split.
std::string one_line(std::string_view text, std::size_t width);

// The width of a line in columns of a terminal.
std::size_t width_of(std::string_view line);

// Adds blanks up to `width` columns.
std::string padded(std::string line, std::size_t width);

}  // namespace rusage_bpf
