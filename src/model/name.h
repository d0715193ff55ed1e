// Names and arguments as text. They are bytes, of which a file's name may hold any but 0 and '/', and documents are
// UTF-8.
//
// The rule, by which distinct bytes are distinct text, and from which the bytes can be had back:
//
//   A byte that is no part of UTF-8 becomes \x and two digits: \xff.
//   A backslash before what would read as such an escape, x and two digits from 80 to ff or 5c, becomes \x5c.
//   All else is itself.
//
// So each \x with two digits from 80 to ff, or 5c, stands for that byte, read from the left. What reads bytes from the
// kernel makes text of them, and from there on everything is UTF-8; what is read from a document is text already, and
// stays as it is.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rusage_bpf {

// By the rule above, and back.
std::string text_of_bytes(std::string_view bytes);
std::string bytes_of_text(std::string_view text);

std::vector<std::string> texts_of_bytes(const std::vector<std::string> &all);

// What is UTF-8 as it is, for what may be text already: a name that a user types as it was shown to them. Other bytes
// by the rule.
std::string as_text(std::string_view text_or_bytes);

}  // namespace rusage_bpf
