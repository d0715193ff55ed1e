// Names and arguments as text. The kernel has them as bytes (any except 0, and '/' in a file's name), but documents are
// UTF-8.
//
// The rule, which gives different texts for different bytes and can be reversed:
//
//   A byte that is not part of UTF-8 becomes \x and two digits: \xff.
//   A backslash that would start such an escape (x and two digits from 80 to ff, or 5c) becomes \x5c.
//   Everything else stays as it is.
//
// So, read from the left, each \x with two digits from 80 to ff, or 5c, stands for that byte. Code that reads bytes
// from the kernel converts them at once. Text from a document is already converted.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rusage_bpf {

// Convert by the rule above, and back.
std::string text_of_bytes(std::string_view bytes);
std::string bytes_of_text(std::string_view text);

std::vector<std::string> texts_of_bytes(const std::vector<std::string> &all);

// For a name that a user typed, which may be converted already: UTF-8 stays as it is, other bytes are converted.
std::string as_text(std::string_view text_or_bytes);

}  // namespace rusage_bpf
