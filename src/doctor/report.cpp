#include "doctor/report.h"

#include <fmt/format.h>

#include <algorithm>

#include "os/text.h"

namespace rusage_bpf {
namespace {

// The state that a reader looks for is in capitals.
std::string_view shown(Check::State state) {
  return state == Check::State::stops ? "STOPS" : name_of(state);
}

std::string remedy_text(const Remedy &remedy) {
  if (remedy.command.empty()) return remedy.note;
  return remedy.command + (remedy.note.empty() ? "" : "  # " + remedy.note);
}

constexpr std::size_t page_width = 80;

// Wraps the text, with `indent` blanks before all lines except the first.
std::string wrapped(const std::string &text, std::size_t indent) {
  std::string lines;
  std::size_t column = indent;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    const std::size_t length = end - begin;
    const bool first = begin == 0;
    const bool fits = column + 1 + length <= page_width;
    if (!first) lines += fits ? " " : fmt::format("\n{:{}}", "", indent);
    column = first || !fits ? indent + length : column + 1 + length;
    lines += text.substr(begin, length);
    begin = end + 1;
  }
  return lines;
}

// Findings are wrapped. Commands are not, so that they can be copied.
std::string table(const std::string &title, const std::vector<Check> &checks, std::size_t width) {
  std::string text = fmt::format("\n{}\n", title);
  for (const Check &check : checks) {
    const std::string left = fmt::format("  {:<7}  {:<{}}  ", shown(check.state), check.name, width);
    text += left + wrapped(one_line(check.found), left.size()) + "\n";
    const char *lead = "->";
    for (const Remedy &remedy : check.remedies) {
      const std::string words = one_line(remedy_text(remedy));
      text += fmt::format("{:{}}{} {}\n", "", left.size(), lead,
                          remedy.command.empty() ? wrapped(words, left.size() + 3) : words);
      lead = "or";
    }
  }
  return text;
}

std::string bpf_verdict(const Diagnosis &diagnosis) {
  const char *who = diagnosis.as_root ? "as root" : "as this user";
  if (const Check *const cause = first_that_stops(diagnosis.bpf))
    return fmt::format("Recording with BPF does not work here {}: {}", who, one_line(in_one_line(*cause)));
  const bool limited = std::any_of(diagnosis.bpf.begin(), diagnosis.bpf.end(),
                                   [](const Check &check) { return check.state == Check::State::limits; });
  return fmt::format("Recording with BPF works here {}, {}.", who, limited ? "within the limits above" : "exactly");
}

std::string proc_verdict(const Diagnosis &diagnosis) {
  if (const Check *const cause = first_that_stops(diagnosis.proc))
    return "Recording from /proc does not work here: " + one_line(in_one_line(*cause));
  return "Recording from /proc works here (--backend proc), except for processes that start and "
         "exit between "
         "two polls.";
}

Json check_json(const Check &check) {
  const auto text_or_null = [](const std::string &text) { return text.empty() ? Json() : Json(text); };
  Json remedies = Json::array();
  for (const auto &[command, note] : check.remedies)
    remedies.push_back({{"command", text_or_null(command)}, {"note", text_or_null(note)}});
  return {{"name", check.name}, {"state", name_of(check.state)}, {"found", check.found}, {"remedies", remedies}};
}

Json side_json(bool works, const std::string &verdict, const std::vector<Check> &checks) {
  Json list = Json::array();
  for (const Check &check : checks) list.push_back(check_json(check));
  return {{"works", works}, {"verdict", verdict}, {"checks", list}};
}

}  // namespace

std::string diagnosis_text(const Diagnosis &diagnosis) {
  std::size_t width = 0;
  for (const auto *checks : {&diagnosis.bpf, &diagnosis.proc})
    for (const Check &check : *checks) width = std::max(width, check.name.size());
  return fmt::format("rusage-bpf {} on {}\n", diagnosis.version, one_line(diagnosis.kernel)) +
         table("Recording with BPF", diagnosis.bpf, width) + table("Recording from /proc", diagnosis.proc, width) +
         fmt::format("\n{}\n{}\n", proc_verdict(diagnosis), bpf_verdict(diagnosis));
}

Json diagnosis_json(const Diagnosis &diagnosis) {
  return {{"schema", "rusage-bpf-doctor/1"},
          {"version", diagnosis.version},
          {"kernel", diagnosis.kernel},
          {"bpf", side_json(diagnosis.bpf_works(), bpf_verdict(diagnosis), diagnosis.bpf)},
          {"proc", side_json(diagnosis.proc_works(), proc_verdict(diagnosis), diagnosis.proc)}};
}

}  // namespace rusage_bpf
