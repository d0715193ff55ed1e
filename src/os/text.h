// Text that others have made, for a terminal: names, arguments and paths may hold anything.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace rusage_bpf {

struct Character {
  char32_t code = 0;
  std::size_t bytes = 1;
  bool valid = false;  // UTF-8; else it is one byte, which `code` is
};

// The first one of a text that is not empty.
Character first_character(std::string_view text);

bool is_utf8(std::string_view text);

// The same text on one line, where it changes nothing but its own place: white space becomes blanks. What else controls
// a terminal, turns the direction of writing or is not seen at all becomes an escape such as \x1b or \u202e, and so
// does what is not UTF-8.
std::string one_line(std::string_view text);

// The same in no more than `width` columns, which are more than three: "..." stands for what is left out, and no
// character is cut into parts.
std::string one_line(std::string_view text, std::size_t width);

// How many columns of a terminal a line takes.
std::size_t width_of(std::string_view line);

// With blanks behind it, up to `width` columns.
std::string padded(std::string line, std::size_t width);

}  // namespace rusage_bpf
