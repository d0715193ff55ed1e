#include "compare/comparison_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "document/document.h"
#include "document/time.h"
#include "model/name.h"
#include "os/text.h"
#include "output/summary_sink.h"
#include "output/text.h"

namespace rusage_bpf {
namespace {

constexpr std::size_t page_width = 80;
constexpr std::size_t most_commands = 10;
constexpr auto unknown = "n/a";

using Line = std::vector<std::string>;

// The first column is aligned left and cut to the width that remains, the others are aligned right.
std::string table(std::vector<Line> lines) {
  constexpr std::size_t gap = 2;
  constexpr std::size_t narrowest = 8;
  std::vector<std::size_t> widths(lines.front().size());
  std::size_t others = 0;
  for (std::size_t i = 1; i < widths.size(); i++) {
    for (const Line &line : lines) widths[i] = std::max(widths[i], width_of(line[i]));
    others += gap + widths[i];
  }
  const std::size_t available = std::max(narrowest, page_width - std::min(page_width, others));
  for (Line &line : lines) {
    line[0] = one_line(line[0], available);
    widths[0] = std::max(widths[0], width_of(line[0]));
  }
  std::string text;
  for (const Line &line : lines) {
    text += padded(line[0], widths[0]);
    for (std::size_t i = 1; i < widths.size(); i++) text += fmt::format("{:{}}{:>{}}", "", gap, line[i], widths[i]);
    text += '\n';
  }
  return text;
}

std::string figure_or_unknown(const Figure &figure, std::string_view unit) {
  return figure ? figure_text(*figure, unit) : unknown;
}

std::string difference_text(const Pair &pair, std::string_view unit) {
  if (!pair.a || !pair.b) return unknown;
  const bool more = *pair.b > *pair.a;
  const auto text = figure_text(apart(*pair.a, *pair.b), unit);
  const bool shown = text != figure_text(0, unit);  // a difference may round to nothing
  return (!shown ? "" : more ? "+" : "-") + text;
}

std::string ratio_text(const Pair &pair) {
  const auto of_a = ratio(pair);
  return of_a ? fmt::format("{:.1f} %", *of_a * 100) : unknown;
}

std::string header(char letter, const Side &side) {
  const Recording &recording = side.recording;
  const auto line = [](const std::string &text) { return "  " + one_line(text, page_width - 2) + "\n"; };
  return fmt::format("{}: {}\n", letter, one_line(side.name)) + line(target_name(recording)) +
         line(ending(side.outcome)) +
         line(fmt::format("{}, Linux {}, {} CPU{}; {}, a row every {} s", recording.host, recording.kernel,
                          recording.cpus, recording.cpus == 1 ? "" : "s",
                          iso_8601(recording.start_realtime_ns).substr(0, 19) + "Z", seconds(recording.interval_ns)));
}

std::string totals_table(const Comparison &comparison) {
  std::vector<Line> lines{{"", "A", "B", "B - A", "B / A"}};
  for (std::size_t i = 0; i < measures().size(); i++) {
    const auto &[name, unit, series] = measures()[i];
    const Pair &pair = comparison.totals[i];
    lines.push_back({name, figure_or_unknown(pair.a, unit), figure_or_unknown(pair.b, unit),
                     difference_text(pair, unit), ratio_text(pair)});
  }
  std::string text = table(lines);
  for (const Side *side : {&comparison.a, &comparison.b})
    if (const std::string note = peak_note(*side); !note.empty())
      text += fmt::format("peak_rss of {}: {}\n", side == &comparison.a ? "A" : "B", note);
  return text;
}

std::string commands_table(const Comparison &comparison) {
  const auto &commands = comparison.commands;
  if (commands.empty()) return "commands: unknown in A or B, as in a recording from a recovery ring\n";
  const Measure &cpu = *find_measure("cpu");
  const Measure &peak = *find_measure("peak_rss");
  std::vector<Line> lines{{"command", "runs A", "B", "cpu A", "B", "B - A", "peak_rss A", "B"}};
  bool any_marked = false;
  const auto mark = [&](const std::optional<Command> &command) {
    constexpr std::uint64_t least_part = 100;
    const std::uint64_t of_children = command ? command->children_cpu_ns.value_or(0) : 0;
    const bool marked = of_children > 0 && of_children >= command->cpu_ns() / least_part;
    any_marked = any_marked || marked;
    return marked ? "*" : "";
  };
  for (std::size_t i = 0; i < std::min(most_commands, commands.size()); i++) {
    const CommandPair &command = commands[i];
    const Pair runs = command.processes();
    const Pair cpu_pair = command.of(cpu);
    const Pair peak_pair = command.of(peak);
    lines.push_back({command.name.value_or("(unknown)"), human_count(*runs.a), human_count(*runs.b),
                     figure_or_unknown(cpu_pair.a, cpu.unit) + mark(command.a),
                     figure_or_unknown(cpu_pair.b, cpu.unit) + mark(command.b), difference_text(cpu_pair, cpu.unit),
                     figure_or_unknown(peak_pair.a, peak.unit), figure_or_unknown(peak_pair.b, peak.unit)});
  }
  std::string text = table(lines);
  if (any_marked) text += "* part of it may be that of the command's children, which /proc does not separate\n";
  if (commands.size() > most_commands)
    text +=
        fmt::format("and {} more with smaller differences in CPU time\n", human_count(commands.size() - most_commands));
  return text;
}

// In the unit of documents: seconds and not nanoseconds.
Json number(std::uint64_t figure, std::string_view unit) {
  if (unit == "s") return seconds(figure);
  return figure;
}

Json pair_json(const Pair &pair, std::string_view unit) {
  const auto one = [&](const Figure &figure) { return figure ? number(*figure, unit) : Json(nullptr); };
  Json difference;
  if (pair.a && pair.b) {
    // Nanoseconds are subtracted, because seconds are rounded.
    const bool less = *pair.b < *pair.a;
    const std::uint64_t distance = apart(*pair.a, *pair.b);
    if (unit == "s")
      difference = less ? -seconds(distance) : seconds(distance);
    else if (!less)
      difference = distance;
    else if (distance <= INT64_MAX)
      difference = -static_cast<std::int64_t>(distance);
    else
      difference = -static_cast<double>(distance);
  }
  const auto of_a = ratio(pair);
  return {{"unit", unit},
          {"a", one(pair.a)},
          {"b", one(pair.b)},
          {"difference", difference},
          {"ratio", of_a ? Json(*of_a) : Json(nullptr)}};
}

// The peak in the rows only.
Json sampled_peak(const Side &side) {
  const Totals &totals = side.outcome.totals;
  return totals.known(RUSAGE_rss) ? Json(totals[RUSAGE_rss]) : Json(nullptr);
}

Json side_json(const Side &side) {
  return {{"file", as_text(side.name)}, {"meta", frame_json(side.recording, side.outcome)["meta"]}};
}

}  // namespace

std::string comparison_text(const Comparison &comparison) {
  std::string text = header('A', comparison.a) + header('B', comparison.b);
  for (const std::string &warning : comparison.warnings) text += fmt::format("warning: {}\n", warning);
  return text + "\n" + totals_table(comparison) + "\n" + commands_table(comparison);
}

Json comparison_json(const Comparison &comparison, const std::vector<std::string> &failed) {
  Json totals = Json::object();
  for (std::size_t i = 0; i < measures().size(); i++)
    totals[measures()[i].name] = pair_json(comparison.totals[i], measures()[i].unit);
  totals[find_measure("peak_rss")->name]["sampled"] = {{"a", sampled_peak(comparison.a)},
                                                       {"b", sampled_peak(comparison.b)}};
  Json commands = Json::array();
  for (const CommandPair &command : comparison.commands) {
    Json json = {{"command", command.name ? Json(*command.name) : Json(nullptr)},
                 {"processes", pair_json(command.processes(), "processes")}};
    for (const char *name : {"cpu", "peak_rss"})
      json[name] = pair_json(command.of(*find_measure(name)), find_measure(name)->unit);
    const auto of_children = [](const std::optional<Command> &side) {
      return side ? side->children_cpu_ns : std::nullopt;
    };
    json["children_cpu"] = pair_json({of_children(command.a), of_children(command.b)}, "s");
    commands.push_back(std::move(json));
  }
  return {{"schema", "rusage-bpf-compare/1"},
          {"a", side_json(comparison.a)},
          {"b", side_json(comparison.b)},
          {"warnings", comparison.warnings},
          {"totals", totals},
          {"commands", commands},
          {"failed", failed}};
}

}  // namespace rusage_bpf
