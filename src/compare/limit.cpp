#include "compare/limit.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

#include "model/name.h"
#include "os/text.h"
#include "output/text.h"

namespace rusage_bpf {
namespace {

struct Scale {
  std::string_view unit;
  double factor;  // to the unit in memory
};

constexpr double kib = 1024;
constexpr std::array time_scales{Scale{"s", 1e9},  Scale{"ms", 1e6},   Scale{"us", 1e3},
                                 Scale{"ns", 1.0}, Scale{"min", 60e9}, Scale{"h", 3600e9}};
constexpr std::array byte_scales{Scale{"B", 1.0}, Scale{"KiB", kib}, Scale{"MiB", kib *kib},
                                 Scale{"GiB", kib *kib *kib}, Scale{"TiB", kib *kib *kib *kib}};
constexpr std::array count_scales{Scale{"", 1.0}};

std::optional<double> factor_of(std::string_view unit, std::string_view measured_in) {
  const auto find = [&](const auto &scales) -> std::optional<double> {
    for (const Scale &scale : scales)
      if (scale.unit == unit) return scale.factor;
    return std::nullopt;
  };
  if (measured_in == "s") return find(time_scales);
  return measured_in == "bytes" ? find(byte_scales) : find(count_scales);
}

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos) return "";
  return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

std::string_view example_for(std::string_view unit) {
  if (unit == "s") return "+10%, +1s or 90s (s, ms, us, ns, min, h)";
  if (unit == "bytes") return "+10%, +20MiB or 2GiB (B, KiB, MiB, GiB, TiB)";
  return "+10%, +100 or 5000";
}

std::string list_of_names(bool of_commands) {
  std::string list;
  for (const Measure &measure : measures())
    if (!of_commands || measure.of_commands()) list += fmt::format("{}{}", list.empty() ? "" : ", ", measure.name);
  return list;
}

// Parses a threshold such as "+10%": false if it is none.
bool read_threshold(std::string_view text, Limit &limit) {
  const bool minus = text.starts_with('-');
  const bool relative = minus || text.starts_with('+');
  if (relative) text = trimmed(text.substr(1));
  // Digits only: the library would also accept "inf".
  const auto digits = text.substr(0, text.find_first_not_of("0123456789."));
  double number = 0;
  const auto [rest, failure] =
      std::from_chars(digits.data(), digits.data() + digits.size(), number, std::chars_format::fixed);
  if (failure != std::errc() || rest != digits.data() + digits.size()) return false;
  const auto unit = trimmed(text.substr(digits.size()));
  const bool share = relative && unit == "%";
  const auto factor = share ? static_cast<double>(millionths) / 100 : factor_of(unit, limit.measure->unit).value_or(0);
  constexpr double most = 9e18;  // in 64 bits
  if (factor == 0 || number * factor > most) return false;
  limit.kind = share ? Limit::Kind::share : relative ? Limit::Kind::difference : Limit::Kind::absolute;
  limit.amount = std::llround(number * factor) * (minus ? -1 : 1);
  limit.threshold = fmt::format("{}{}{}{}", minus ? "-" : relative ? "+" : "", digits, unit.empty() ? "" : " ", unit);
  return true;
}

// Equal values compare as equal, however large: each product is rounded once.
bool beyond(const Limit &limit, std::uint64_t a, std::uint64_t b) {
  using Wide = long double;
  const bool share = limit.kind == Limit::Kind::share;
  const Wide figure = share ? static_cast<Wide>(b) * millionths : static_cast<Wide>(b);
  const Wide most =
      share ? static_cast<Wide>(a) * static_cast<Wide>(millionths + limit.amount)
            : static_cast<Wide>(limit.kind == Limit::Kind::difference ? a : 0) + static_cast<Wide>(limit.amount);
  return limit.fails_above ? figure > most : figure < most;
}

std::string way(std::uint64_t from, std::uint64_t to) {
  return to >= from ? "above" : "below";
}

// "cpu is 12.100 s, 21 % above 10.000 s; the limit is +10 %".
std::string how_far(const Limit &limit, std::uint64_t a, std::uint64_t b) {
  const auto text_of = [&](std::uint64_t figure) { return figure_text(figure, limit.measure->unit); };
  const std::string is = fmt::format("{} is {}", limit.name, text_of(b));
  if (limit.kind == Limit::Kind::absolute) {
    const auto most = static_cast<std::uint64_t>(limit.amount);
    return fmt::format("{}, {} {} the limit of {}", is, text_of(apart(b, most)), way(most, b), limit.threshold);
  }
  const std::string limit_is = fmt::format("the limit is {}", limit.threshold);
  if (a == b) return fmt::format("{}, as before; {}", is, limit_is);
  if (limit.kind == Limit::Kind::difference)
    return fmt::format("{}, {} {} {}; {}", is, text_of(apart(a, b)), way(a, b), text_of(a), limit_is);
  if (a == 0) return fmt::format("{}, up from {}, which is more than any share; {}", is, text_of(a), limit_is);
  return fmt::format("{}, {:.4g} % {} {}; {}", is, static_cast<double>(apart(a, b)) / static_cast<double>(a) * 100,
                     way(a, b), text_of(a), limit_is);
}

// The value that the limit is for, or why it is unknown.
Result<std::uint64_t> figure_of(const Limit &limit, const Side &side) {
  Figure figure;
  if (limit.command) {
    const auto &commands = side.outcome.commands;
    if (commands.empty()) return error(fmt::format("{} has no list of commands", side.name));
    std::optional<Command> all;
    for (const Command &command : commands)
      if (command.name == limit.command) add_to(all, command);
    if (!all) return error(fmt::format("{} did not run in {}", *limit.command, side.name));
    figure = limit.measure->of(*all);
  } else {
    figure = limit.measure->of(side.outcome);
  }
  if (!figure) return error(fmt::format("it is not known in {}", side.name));
  return *figure;
}

}  // namespace

Result<Limit> parse_limit(const std::string &text) {
  const auto refuse = [&](const std::string &why) {
    return error(one_line(fmt::format("--fail-if '{}': {}", text.substr(0, 200), why)));
  };
  // A threshold has neither of these; the name of a command may.
  const auto op = text.find_last_of("<>");
  if (op == std::string::npos) return refuse("write a name, > or <, and a limit, as in --fail-if 'cpu>+10%'");
  Limit limit;
  limit.name = trimmed(std::string_view(text).substr(0, op));
  limit.fails_above = text[op] == '>';
  const auto colon = limit.name.rfind(':');
  if (colon != std::string::npos) limit.command = as_text(trimmed(std::string_view(limit.name).substr(0, colon)));
  const auto name = trimmed(std::string_view(limit.name).substr(colon + 1));  // npos + 1 is 0
  limit.measure = find_measure(name);
  if (!limit.measure || (limit.command && !limit.measure->of_commands()))
    return refuse(fmt::format("{} is none of {}{}", name.empty() ? "the name" : name,
                              limit.command ? "what a command has: " : "", list_of_names(limit.command.has_value())));
  if (!read_threshold(trimmed(std::string_view(text).substr(op + 1)), limit))
    return refuse(fmt::format("its limit must be one such as {}", example_for(limit.measure->unit)));
  limit.name = one_line(limit.name);
  return limit;
}

std::optional<std::string> broken(const Limit &limit, const Comparison &comparison) {
  const bool uses_a = limit.kind != Limit::Kind::absolute;
  const auto cannot_check = [&](const std::string &why) {
    return one_line(fmt::format("{} cannot be held to the limit {}: {}", limit.name, limit.threshold, why));
  };
  const auto a = uses_a ? figure_of(limit, comparison.a) : Result<std::uint64_t>(0);
  if (!a) return cannot_check(a.error().message);
  const auto b = figure_of(limit, comparison.b);
  if (!b) return cannot_check(b.error().message);
  const bool of_peak = !limit.command && limit.measure->series == RUSAGE_rss;
  const std::string note = of_peak ? peak_note(comparison.b) : "";
  if (beyond(limit, *a, *b)) return how_far(limit, *a, *b) + (note.empty() ? "" : fmt::format(" ({})", note));
  for (const Side *side : {&comparison.a, &comparison.b}) {
    if (side == &comparison.a && !uses_a) continue;
    if (const std::string missing = what_is_missing(*side); !missing.empty())
      return cannot_check(fmt::format("{} {}", side->name, missing));
  }
  return std::nullopt;
}

}  // namespace rusage_bpf
