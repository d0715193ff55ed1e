#include "output/page.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <utility>

#include "document/time.h"
#include "output/page_groups.h"
#include "output/page_processes.h"
#include "page_files.h"

namespace rusage_bpf {
namespace {

using Scripts = std::span<const std::string_view>;

// In the order in which they run: each one uses what earlier ones declare.
const std::array recording_scripts{
    page_files::buckets_js,  page_files::data_js,       page_files::format_js,  page_files::elements_js,
    page_files::view_js,     page_files::ticks_js,      page_files::colours_js, page_files::plot_js,
    page_files::chart_js,    page_files::chart_list_js, page_files::toolbar_js, page_files::charts_js,
    page_files::tables_js,   page_files::details_js,    page_files::lanes_js,   page_files::timeline_js,
    page_files::headline_js, page_files::page_js,       page_files::paper_js};

const std::array comparison_scripts{page_files::buckets_js,    page_files::comparison_data_js,
                                    page_files::format_js,     page_files::elements_js,
                                    page_files::view_js,       page_files::ticks_js,
                                    page_files::colours_js,    page_files::plot_js,
                                    page_files::chart_js,      page_files::chart_list_js,
                                    page_files::toolbar_js,    page_files::comparison_charts_js,
                                    page_files::tables_js,     page_files::comparison_tables_js,
                                    page_files::comparison_js, page_files::paper_js};

// "1.2346e9"; the exponent has no sign and no leading zeros.
void append_number(std::string &text, double value) {
  std::string number = fmt::format("{:.5g}", value);
  if (const auto exponent = number.find("e+"); exponent != std::string::npos) {
    const auto digits = number.find_first_not_of('0', exponent + 2);
    number.replace(exponent + 1, digits - exponent - 1, "");
  }
  text += number;
}

template <typename Value>
std::string series_array(const std::vector<Bucket> &buckets, std::size_t series, Value value) {
  std::string text = "[";
  for (const Bucket &bucket : buckets) {
    if (text.size() > 1) text += ',';
    if (bucket.known(series))
      append_number(text, value(bucket));
    else
      text += "null";
  }
  return text + "]";
}

std::string series_json(const std::vector<Bucket> &buckets, std::size_t series) {
  const auto spread = [&](const Bucket &bucket) { return bucket.series[series]; };
  const auto mean = series_array(buckets, series, [&](const Bucket &bucket) { return bucket.mean(series); });
  const auto least = series_array(buckets, series, [&](const Bucket &bucket) { return spread(bucket).least; });
  const auto greatest = series_array(buckets, series, [&](const Bucket &bucket) { return spread(bucket).greatest; });
  if (least == mean && greatest == mean) return fmt::format(R"({{"mean":{}}})", mean);
  return fmt::format(R"({{"mean":{},"least":{},"greatest":{}}})", mean, least, greatest);
}

Result<void> write_part(Output &file, std::string_view name, std::string_view data, Scripts scripts) {
  if (name == "style") return file.write(page_files::page_css);
  if (name == "licence") return file.write(page_files::dygraphs_licence_txt);
  if (name == "data") return file.write(data);
  if (name == "groups") return file.write(to_text(page_groups()));
  if (name == "library") return file.write(page_files::dygraph_min_js);
  if (name == "script") {
    for (const std::string_view script : scripts)
      if (auto written = file.write(script); !written) return written;
    return {};
  }
  return error(fmt::format("page.html has no part named {}", name));
}

Result<void> write_parts(Output &file, std::string_view data, Scripts scripts) {
  // Each {{name}} is replaced by a part.
  std::string_view rest = page_files::page_html;
  for (;;) {
    const auto begin = rest.find("{{");
    if (auto written = file.write(rest.substr(0, begin)); !written) return written;
    if (begin == std::string_view::npos) return {};
    const auto end = rest.find("}}", begin);
    if (auto written = write_part(file, rest.substr(begin + 2, end - begin - 2), data, scripts); !written)
      return written;
    rest.remove_prefix(end + 2);
  }
}

// The size of a page at most, about 200 KB of which are its own parts.
constexpr std::size_t page_bytes = std::size_t{1000} << 10;
constexpr std::size_t least_table_bytes = std::size_t{64} << 10;

std::size_t fixed_bytes() {
  std::size_t bytes = page_files::page_html.size() + page_files::page_css.size() +
                      page_files::dygraphs_licence_txt.size() + page_files::dygraph_min_js.size();
  for (const std::string_view script : recording_scripts) bytes += script.size();
  return bytes;
}

// Removes a field and returns it; null if it is missing.
Json extract(Json &document, const char *name) {
  const auto found = document.find(name);
  if (found == document.end()) return nullptr;
  Json value = std::move(*found);
  document.erase(found);
  return value;
}

// The recording as the page's script reads it.
std::string page_data(Json document, const std::string &buckets) {
  const auto size_of = [](const Json &json) { return inside_script(to_text(json)).size(); };
  const Json commands = extract(document, "commands");
  const Json processes = extract(document, "processes");
  const Json dropped = extract(document, "processes_dropped");
  std::size_t used = fixed_bytes() + buckets.size() + size_of(document);
  const auto add = [&](const char *name, const Json &objects, std::size_t share) {
    if (!objects.is_array()) return;
    const std::size_t available = used < page_bytes ? (page_bytes - used) / share : 0;
    document[name] = page_table(objects, std::max(available, least_table_bytes / share));
    used += size_of(document[name]);
  };
  add("commands", commands, 4);
  add("processes", processes, 1);
  if (processes.is_array() && dropped.is_number())
    document["processes"]["omitted"] =
        document["processes"]["omitted"].get<std::uint64_t>() + dropped.get<std::uint64_t>();
  std::string data = inside_script(to_text(document));
  data.pop_back();
  return data + ",\n\"buckets\":" + buckets + "}";
}

}  // namespace

std::string buckets_json(const Buckets &buckets) {
  const std::vector<Bucket> list = buckets.list();
  std::string text = R"({"end":[)";
  for (const Bucket &bucket : list) {
    if (&bucket != &list.front()) text += ',';
    text += fmt::format("{}", seconds(bucket.end_ns / 1000 * 1000));
  }
  text += fmt::format(R"(],"steps":{},"series":{{)", buckets.steps_each());
  for (std::size_t i = 0; i < column_count; i++)
    if (!columns[i].is_time()) text += fmt::format(R"("{}":{},)", columns[i].name, series_json(list, i));
  return text + fmt::format("\"cpu\":{}}}}}", series_json(list, cpu_series));
}

Result<void> write_page(Output &file, const Json &document, const Buckets &buckets) {
  return write_parts(file, page_data(document, buckets_json(buckets)), recording_scripts);
}

Result<void> write_comparison_page(Output &file, const Json &comparison, const Buckets &a, const Buckets &b) {
  std::string data = inside_script(to_text(comparison));
  data.pop_back();
  data += fmt::format(",\n\"buckets\":[{},\n{}]}}", buckets_json(a), buckets_json(b));
  return write_parts(file, data, comparison_scripts);
}

}  // namespace rusage_bpf
