#include "proc/text.h"

#include <array>
#include <charconv>
#include <limits>
#include <span>

namespace rusage_bpf::proc {
namespace {

constexpr std::uint64_t max_number = std::numeric_limits<std::uint64_t>::max();

// Removes the first word from the text and returns it; empty if there is none.
std::string_view next_word(std::string_view &text) {
  constexpr std::string_view blanks = " \t\n";
  const std::size_t begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return text = {};
  const std::size_t end = std::min(text.find_first_of(blanks, begin), text.size());
  const std::string_view word = text.substr(begin, end - begin);
  text.remove_prefix(end);
  return word;
}

std::optional<std::uint64_t> to_number(std::string_view word) {
  std::uint64_t number = 0;
  const auto [rest, failure] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (rest != word.data() + word.size() || word.empty()) return std::nullopt;
  return failure == std::errc::result_out_of_range ? max_number : number;
}

// Reads the first words of the text. False if one of them is no number.
bool read_numbers(std::string_view text, std::span<std::uint64_t *const> numbers) {
  for (std::uint64_t *number : numbers) {
    const auto read = to_number(next_word(text));
    if (!read) return false;
    *number = *read;
  }
  return true;
}

// The number after `name`, which starts a line and ends in a colon.
std::optional<std::uint64_t> number_at(std::string_view text, std::string_view name) {
  for (std::size_t at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
    if (at > 0 && text[at - 1] != '\n') continue;
    text.remove_prefix(at + name.size());
    return to_number(next_word(text));
  }
  return std::nullopt;
}

pid_t to_pid(std::uint64_t number) {
  return number <= std::numeric_limits<pid_t>::max() ? static_cast<pid_t>(number) : 0;
}

}  // namespace

std::optional<Stat> parse_stat(std::string_view text) {
  const std::size_t name_begin = text.find('(');
  const std::size_t name_end = text.rfind(')');
  if (name_begin == std::string_view::npos || name_end == std::string_view::npos || name_end < name_begin)
    return std::nullopt;
  Stat stat;
  stat.comm = text.substr(name_begin + 1, name_end - name_begin - 1);
  text.remove_prefix(name_end + 1);

  // Field 3 is the first after the name.
  constexpr int first_field = 3;
  constexpr int last_field = 52;
  std::array<std::string_view, last_field - first_field + 1> words;
  for (std::string_view &word : words) word = next_word(text);
  const auto word = [&](int field) { return words[static_cast<std::size_t>(field - first_field)]; };
  if (word(3).size() != 1) return std::nullopt;
  stat.state = word(3).front();
  std::uint64_t parent = 0;
  std::uint64_t virtual_bytes = 0;
  struct Field {
    int number;
    std::uint64_t *value;
  };
  for (const auto &[number, value] : {Field{4, &parent},
                                      {9, &stat.flags},
                                      {10, &stat.minor_faults},
                                      {11, &stat.reaped_minor_faults},
                                      {12, &stat.major_faults},
                                      {13, &stat.reaped_major_faults},
                                      {14, &stat.user_ticks},
                                      {15, &stat.system_ticks},
                                      {16, &stat.reaped_user_ticks},
                                      {17, &stat.reaped_system_ticks},
                                      {20, &stat.threads},
                                      {22, &stat.start_ticks},
                                      {23, &virtual_bytes}}) {
    const auto read = to_number(word(number));
    if (!read) return std::nullopt;
    *value = *read;
  }
  stat.parent = to_pid(parent);
  stat.has_memory = virtual_bytes > 0;
  // Missing before Linux 3.5.
  stat.environment_begin = to_number(word(50)).value_or(0);
  stat.environment_end = to_number(word(51)).value_or(0);
  const auto status = to_number(word(last_field));
  if (status && *status <= 0xffff) stat.exit_status = static_cast<int>(*status);
  return stat;
}

std::optional<Io> parse_io(std::string_view text) {
  Io io;
  struct Line {
    std::string_view name;
    std::uint64_t *value;
  };
  for (const auto &[name, value] : {Line{"rchar:", &io.read_bytes},
                                    {"wchar:", &io.write_bytes},
                                    {"syscr:", &io.read_count},
                                    {"syscw:", &io.write_count},
                                    {"read_bytes:", &io.disk_read_bytes},
                                    {"write_bytes:", &io.disk_write_bytes}}) {
    const auto read = number_at(text, name);
    if (!read) return std::nullopt;
    *value = *read;
  }
  return io;
}

std::optional<Statm> parse_statm(std::string_view text) {
  Statm statm;
  if (!read_numbers(text, std::array{&statm.virtual_pages, &statm.resident_pages})) return std::nullopt;
  return statm;
}

std::optional<Status> parse_status(std::string_view text) {
  const auto voluntary = number_at(text, "voluntary_ctxt_switches:");
  const auto involuntary = number_at(text, "nonvoluntary_ctxt_switches:");
  if (!voluntary || !involuntary) return std::nullopt;
  constexpr std::uint64_t kib = 1024;
  return Status{*voluntary, *involuntary, saturating_product(number_at(text, "VmHWM:").value_or(0), kib)};
}

std::optional<std::uint64_t> parse_run_delay(std::string_view text) {
  std::uint64_t run_ns = 0;
  std::uint64_t run_delay_ns = 0;
  if (!read_numbers(text, std::array{&run_ns, &run_delay_ns})) return std::nullopt;
  return run_delay_ns;
}

std::uint64_t parse_pids(std::string_view text, std::vector<pid_t> &pids) {
  std::uint64_t zeros = 0;
  for (std::string_view word = next_word(text); !word.empty(); word = next_word(text)) {
    if (const pid_t pid = to_pid(to_number(word).value_or(0)); pid > 0) pids.push_back(pid);
    if (word == "0") zeros++;
  }
  return zeros;
}

std::optional<std::uint64_t> parse_newest_pid(std::string_view text) {
  std::string_view word;
  for (int field = 1; field <= 5; field++) word = next_word(text);
  return to_number(word);
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  return to_number(next_word(text));
}

std::uint64_t saturating_product(std::uint64_t a, std::uint64_t b) {
  std::uint64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? max_number : product;
}

std::uint64_t saturating_sum(std::uint64_t a, std::uint64_t b) {
  std::uint64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? max_number : sum;
}

}  // namespace rusage_bpf::proc
