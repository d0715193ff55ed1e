#include "os/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <clocale>
#include <cwchar>

namespace rusage_bpf {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

// Control characters, line and paragraph separators, and characters that Unicode defines as ignorable in display,
// except variation selectors. Sorted.
constexpr std::array unsafe_ranges{Range{0x0000, 0x001f},   Range{0x007f, 0x009f},   Range{0x00ad, 0x00ad},
                                   Range{0x034f, 0x034f},   Range{0x061c, 0x061c},   Range{0x115f, 0x1160},
                                   Range{0x17b4, 0x17b5},   Range{0x180b, 0x180f},   Range{0x200b, 0x200f},
                                   Range{0x2028, 0x202e},   Range{0x2060, 0x206f},   Range{0x3164, 0x3164},
                                   Range{0xfeff, 0xfeff},   Range{0xffa0, 0xffa0},   Range{0xfff0, 0xfffb},
                                   Range{0x1bca0, 0x1bca3}, Range{0x1d173, 0x1d17a}, Range{0xe0000, 0xe0fff}};

bool is_unsafe(char32_t code) {
  const auto *const range = std::lower_bound(unsafe_ranges.begin(), unsafe_ranges.end(), code,
                                             [](const Range &r, char32_t c) { return r.last < c; });
  return range != unsafe_ranges.end() && code >= range->first;
}

bool is_white_space(char32_t code) {
  return code == ' ' || (code >= '\t' && code <= '\r');
}

// Widths are those of UTF-8, in any locale of the thread.
class Utf8Locale {
 public:
  Utf8Locale() {
    static const locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    before_ = utf8 ? uselocale(utf8) : locale_t{};
  }
  ~Utf8Locale() {
    if (before_) uselocale(before_);
  }
  Utf8Locale(const Utf8Locale &) = delete;
  Utf8Locale &operator=(const Utf8Locale &) = delete;

  // Without that locale, each character has one column.
  [[nodiscard]] std::size_t columns(char32_t code) const {
    const int columns = before_ && code >= 0x80 ? wcwidth(static_cast<wchar_t>(code)) : 1;
    return columns < 0 ? 1 : static_cast<std::size_t>(columns);
  }

 private:
  locale_t before_{};
};

// The first character of `text`, made safe.
std::string shown(std::string_view text, const Character &character) {
  const auto code = static_cast<std::uint32_t>(character.code);
  if (!character.valid) return fmt::format("\\x{:02x}", code);
  if (is_white_space(character.code)) return " ";
  if (!is_unsafe(character.code)) return std::string(text.substr(0, character.bytes));
  if (code < 0x80) return fmt::format("\\x{:02x}", code);
  return code > 0xffff ? fmt::format("\\U{:08x}", code) : fmt::format("\\u{:04x}", code);
}

}  // namespace

Character first_character(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const char32_t first = byte(0);
  if (first < 0x80) return {first, 1, true};
  const Character no_utf8{first, 1, false};
  const std::size_t length = first < 0xc2 || first > 0xf4 ? 0 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (length == 0 || text.size() < length) return no_utf8;
  char32_t code = first & (0x7fU >> length);
  for (std::size_t i = 1; i < length; i++) {
    if ((byte(i) & 0xc0U) != 0x80) return no_utf8;
    code = code << 6U | (byte(i) & 0x3fU);
  }
  // The least code that needs so many bytes.
  constexpr std::array<char32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code < least.at(length) || code > 0x10ffff || surrogate) return no_utf8;
  return {code, length, true};
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const Character character = first_character(text);
    if (!character.valid) return false;
    text.remove_prefix(character.bytes);
  }
  return true;
}

std::string one_line(std::string_view text) {
  std::string line;
  line.reserve(text.size());
  while (!text.empty()) {
    const Character character = first_character(text);
    line += shown(text, character);
    text.remove_prefix(character.bytes);
  }
  return line;
}

std::string one_line(std::string_view text, std::size_t width) {
  constexpr std::string_view dots = "...";
  const Utf8Locale locale;
  std::string line;
  std::size_t taken = 0;
  std::size_t cut_at = 0;  // where the line is cut if the text is too long
  while (!text.empty()) {
    const Character character = first_character(text);
    const std::string piece = shown(text, character);
    const std::size_t columns = piece.size() == character.bytes ? locale.columns(character.code) : piece.size();
    if (taken + columns > width) return line.substr(0, cut_at).append(dots);
    line += piece;
    taken += columns;
    if (taken + dots.size() <= width) cut_at = line.size();
    text.remove_prefix(character.bytes);
  }
  return line;
}

std::size_t width_of(std::string_view line) {
  const Utf8Locale locale;
  std::size_t width = 0;
  while (!line.empty()) {
    const Character character = first_character(line);
    width += locale.columns(character.code);
    line.remove_prefix(character.bytes);
  }
  return width;
}

std::string padded(std::string line, std::size_t width) {
  line.append(width - std::min(width, width_of(line)), ' ');
  return line;
}

}  // namespace rusage_bpf
