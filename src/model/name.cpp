#include "model/name.h"

#include <optional>

#include "os/text.h"

namespace rusage_bpf {
namespace {

constexpr std::string_view digits = "0123456789abcdef";
constexpr std::size_t escape_bytes = 4;

// The byte of the escape at the start of `text`.
std::optional<unsigned char> first_escape(std::string_view text) {
  if (text.size() < escape_bytes || !text.starts_with("\\x")) return std::nullopt;
  const std::size_t high = digits.find(text[2]);
  const std::size_t low = digits.find(text[3]);
  if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
  const auto byte = static_cast<unsigned char>(high << 4 | low);
  return byte >= 0x80 || byte == '\\' ? std::optional(byte) : std::nullopt;
}

std::string escape(unsigned char byte) {
  return {'\\', 'x', digits[byte >> 4], digits[byte & 0xf]};
}

}  // namespace

std::string text_of_bytes(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const Character character = first_character(bytes);
    if (!character.valid || first_escape(bytes))
      text += escape(static_cast<unsigned char>(bytes.front()));
    else
      text += bytes.substr(0, character.bytes);
    bytes.remove_prefix(character.bytes);
  }
  return text;
}

std::string bytes_of_text(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  while (!text.empty()) {
    const auto escaped = first_escape(text);
    bytes += escaped ? static_cast<char>(*escaped) : text.front();
    text.remove_prefix(escaped ? escape_bytes : 1);
  }
  return bytes;
}

std::vector<std::string> texts_of_bytes(const std::vector<std::string> &all) {
  std::vector<std::string> texts;
  texts.reserve(all.size());
  for (const std::string &bytes : all) texts.push_back(text_of_bytes(bytes));
  return texts;
}

std::string as_text(std::string_view text_or_bytes) {
  return is_utf8(text_or_bytes) ? std::string(text_or_bytes) : text_of_bytes(text_or_bytes);
}

}  // namespace rusage_bpf
