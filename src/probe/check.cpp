#include "probe/check.h"

#include <algorithm>
#include <cctype>
#include <string_view>

namespace rusage_bpf {

std::string_view name_of(Check::State state) {
  switch (state) {
    case Check::State::works:
      return "works";
    case Check::State::limits:
      return "limits";
    case Check::State::stops:
      return "stops";
    case Check::State::unknown:
      break;
  }
  return "unknown";
}

const Check *first_that_stops(const std::vector<Check> &checks) {
  const auto first =
      std::find_if(checks.begin(), checks.end(), [](const Check &check) { return check.state == Check::State::stops; });
  return first == checks.end() ? nullptr : &*first;
}

std::string in_one_line(const Check &check) {
  std::string line = check.found;
  const char *separator = "; ";
  for (const auto &[command, note] : check.remedies) {
    line += separator;
    if (!command.empty()) line += "run: " + command;
    if (!note.empty()) line += command.empty() ? note : " (" + note + ")";
    separator = "; or ";
  }
  return line;
}

std::string shell_word(const std::string &text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || std::string_view("/._-+:,@%=").find(static_cast<char>(c)) != std::string_view::npos;
  });
  if (plain && !text.empty()) return text;
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? "'\\''" : std::string(1, c);
  return word + "'";
}

}  // namespace rusage_bpf
