#include "source/verifier_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

namespace rusage_bpf {
namespace {

// In the place of an instruction that cannot be fitted to the kernel's types stands a call of this function, which no
// kernel has.
constexpr std::string_view misfit = "unknown#195896080";

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// The last line that has `text`; empty where there is none.
std::string_view last_with(const std::vector<std::string_view> &lines, std::string_view text) {
  const auto found = std::find_if(lines.rbegin(), lines.rend(),
                                  [&](std::string_view line) { return line.find(text) != std::string_view::npos; });
  return found == lines.rend() ? std::string_view() : *found;
}

// The log numbers the instruction, and says which relocation has put it there, and of which field, as
//   prog '': relo #7: <byte_off> [12] struct task_struct.on_cpu (0:1 @ offset 4)
//   prog '': relo #7: substituting insn #33 w/ invalid insn
//   33: (85) call unknown#195896080
std::string misfit_in(const std::vector<std::string_view> &lines) {
  const std::string_view call = last_with(lines, fmt::format(": (85) call {}", misfit));
  const std::string_view instruction = call.substr(0, call.find(':'));
  const std::string_view put = last_with(lines, fmt::format(": substituting insn #{} w/", instruction));
  const std::string_view relocation = put.substr(0, put.find(": substituting"));
  const std::string_view about =
      relocation.empty() ? put : last_with(lines, fmt::format("{}: <byte_off> [", relocation));
  const std::size_t name = about.find("] ");
  if (name == std::string_view::npos) return "a field of this kernel is not as the programs expect it";
  const std::string_view field = about.substr(name + 2);
  return fmt::format("{} is not as the programs expect it", field.substr(0, field.find(" (")));
}

}  // namespace

std::string reason_in(std::string_view log) {
  constexpr std::array no_reasons{"processed ", "verification time ", "stack depth ", "func#",
                                  "["};  // the last one: types that are loaded before
  std::vector<std::string_view> lines = lines_of(log);
  std::erase_if(lines, [&](std::string_view line) {
    return line.empty() ||
           std::any_of(no_reasons.begin(), no_reasons.end(), [&](auto *words) { return line.starts_with(words); });
  });
  if (lines.empty()) return {};
  if (lines.back().find(misfit) != std::string_view::npos) return misfit_in(lines);
  return std::string(lines.back());
}

}  // namespace rusage_bpf
