#include "output/page_processes.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

#include "model/column.h"
#include "os/text.h"

namespace rusage_bpf {
namespace {

// The fields of a process or a command that the page shows.
std::vector<std::string_view> shown_fields() {
  std::vector<std::string_view> fields{"command", "processes",    "pid",      "ppid",
                                       "argv",    "start",        "end",      "exit_code",
                                       "signal",  "children_cpu", "peak_rss", "peak_rss_predates"};
  for (const Column &column : columns)
    if (column.processes == Column::Processes::shown) fields.push_back(column.name);
  return fields;
}

// An unknown value counts as 0.
double cpu_of(const Json &object) {
  const auto seconds_of = [&](const char *column) {
    const auto found = object.find(column);
    return found != object.end() && found->is_number() ? found->get<double>() : 0;
  };
  return seconds_of("user") + seconds_of("system");
}

// On one line, short enough for a tooltip, and cut only between characters.
std::string short_text(std::string_view text) {
  constexpr std::size_t longest = 200;
  constexpr std::string_view dots = "...";
  std::string line = one_line(text);
  if (line.size() <= longest) return line;
  std::size_t end = longest - dots.size();
  while ((static_cast<unsigned char>(line[end]) & 0xC0) == 0x80) end--;
  return line.substr(0, end).append(dots);
}

// A command line on one line, short enough for a tooltip.
Json short_line(const Json &argv) {
  std::string line;
  if (argv.is_string()) line = argv.get<std::string>();
  if (argv.is_array())
    for (const Json &argument : argv) line += (line.empty() ? "" : " ") + argument.get<std::string>();
  return short_text(line);
}

Json cell(std::string_view column, const Json &value) {
  if (column == "argv") return short_line(value);
  if (value.is_string()) return short_text(value.get<std::string>());
  if (value.is_number_float()) return std::round(value.get<double>() * 1e6) / 1e6;
  return value;
}

}  // namespace

std::string inside_script(std::string_view json) {
  // All that HTML recognizes in a script begins with "<", which JSON has in its strings only.
  std::string text;
  text.reserve(json.size());
  for (const char c : json)
    if (c == '<')
      text += "\\u003c";
    else
      text += c;
  return text;
}

Json page_table(const Json &objects, std::size_t most_bytes) {
  std::vector<std::string_view> names;
  for (const std::string_view name : shown_fields())
    if (std::any_of(objects.begin(), objects.end(), [&](const Json &object) { return object.contains(name); }))
      names.push_back(name);

  std::vector<std::size_t> order(objects.size());
  for (std::size_t i = 0; i < order.size(); i++) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return cpu_of(objects[a]) > cpu_of(objects[b]); });
  std::vector<Json> rows(objects.size());
  std::size_t bytes = 0;
  std::size_t included = 0;
  for (const std::size_t i : order) {
    Json row = Json::array();
    for (const std::string_view name : names)
      row.push_back(objects[i].contains(name) ? cell(name, objects[i][std::string(name)]) : Json(nullptr));
    bytes += inside_script(to_text(row)).size() + 1;
    if (bytes > most_bytes) break;
    rows[i] = std::move(row);
    included++;
  }
  Json table = {{"columns", names}, {"rows", Json::array()}, {"omitted", objects.size() - included}};
  for (Json &row : rows)
    if (!row.is_null()) table["rows"].push_back(std::move(row));
  return table;
}

}  // namespace rusage_bpf
