#include "support/screen.h"

#include <algorithm>
#include <stdexcept>

namespace test {
namespace {

bool continues_character(char byte) {
  return (static_cast<unsigned char>(byte) & 0xc0) == 0x80;
}

}  // namespace

std::vector<std::string> screen(const std::string &written, std::size_t columns) {
  std::vector<std::vector<std::string>> lines(1);
  std::size_t row = 0;
  std::size_t column = 0;
  for (std::size_t at = 0; at < written.size(); at++) {
    const char c = written[at];
    if (c == '\r') {
      column = 0;
    } else if (c == '\n') {
      if (++row == lines.size()) lines.emplace_back();
    } else if (c == '\x1b') {
      const std::size_t end = written.find_first_not_of("[0123456789;", at + 1);
      const std::string sequence = written.substr(at, end - at + 1);
      if (sequence == "\x1b[J") {
        lines.resize(row + 1);
        lines[row].resize(std::min(lines[row].size(), column));
      } else if (sequence.back() != 'm') {
        throw std::runtime_error("the screen does not know " + sequence.substr(1));
      }
      at = end;
    } else if (continues_character(c)) {
      lines[row][column - 1] += c;
    } else {
      if (column >= columns) throw std::runtime_error("a line is too wide: " + written);
      if (column >= lines[row].size()) lines[row].resize(column + 1, " ");
      lines[row][column++] = std::string(1, c);
    }
  }
  std::vector<std::string> text;
  for (const auto &line : lines) {
    std::string &shown = text.emplace_back();
    for (const std::string &cell : line) shown += cell;
    shown.erase(shown.find_last_not_of(' ') + 1);
  }
  return text;
}

}  // namespace test
