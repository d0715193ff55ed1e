#include "output/json_sink.h"

#include <nlohmann/json.hpp>

#include "output/text.h"

namespace rusage_bpf {
namespace {

using Json = nlohmann::ordered_json;

// Names and arguments are bytes; JSON wants UTF-8.
std::string dump(const Json &json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json number(std::size_t column, std::uint64_t value) {
  if (columns[column].in_nanoseconds()) return seconds(value);
  return value;
}

Json number_or_null(std::size_t column, std::uint64_t value, bool known) {
  return known ? number(column, value) : Json(nullptr);
}

std::string_view kind_name(Column::Kind kind) {
  switch (kind) {
    case Column::Kind::counter:
      return "counter";
    case Column::Kind::gauge:
      return "gauge";
    case Column::Kind::time:
      break;
  }
  return "time";
}

Json columns_json(const Recording &recording) {
  Json list = Json::array();
  list.push_back(
      {{"name", "timestamp"}, {"unit", "ISO 8601 UTC"}, {"kind", "time"}, {"source", "clock"}});
  for (std::size_t i = 0; i < column_count; i++)
    list.push_back({{"name", columns[i].name},
                    {"unit", columns[i].unit},
                    {"kind", kind_name(columns[i].kind)},
                    {"source", recording.origin[i]}});
  return list;
}

Json meta_json(const Recording &recording, const Outcome &outcome) {
  const auto value_or_null = [](const auto &optional) {
    return optional ? Json(*optional) : Json(nullptr);
  };
  return {{"version", recording.version},
          {"host", recording.host},
          {"kernel", recording.kernel},
          {"cpus", recording.cpus},
          {"boot_id", recording.boot_id},
          {"target", recording.target},
          {"argv", recording.argv},
          {"root_pid", value_or_null(recording.root_pid)},
          {"cgroup", recording.cgroup.empty() ? Json(nullptr) : Json(recording.cgroup)},
          {"interval", seconds(recording.interval_ns)},
          {"start", iso_8601(recording.start_realtime_ns)},
          {"end", iso_8601(outcome.end_realtime_ns)},
          {"backend", recording.backend},
          {"ended_by", outcome.ended_by},
          {"exit_code", value_or_null(outcome.exit.code)},
          {"signal", value_or_null(outcome.exit.signal)},
          {"rows", outcome.totals.rows()}};
}

Json totals_json(const Totals &totals) {
  Json all = Json::object();
  for (std::size_t i = 0; i < column_count; i++) {
    if (columns[i].kind == Column::Kind::time) continue;
    Json &json = all[std::string(columns[i].name)];
    json = number_or_null(i, totals[i], totals.known(i));
    if (columns[i].kind != Column::Kind::gauge) continue;
    const Json when = number_or_null(RUSAGE_elapsed, totals.peak_elapsed_ns(i), totals.known(i));
    json = {{"peak", json}, {"elapsed", when}};
  }
  return all;
}

Json audit_json(const Outcome &outcome) {
  const Audit &audit = outcome.audit;
  Json kernel = Json::object();
  Json rows = Json::object();
  for (std::size_t i = 0; i < column_count; i++) {
    if (!audit.kernel.known[i]) continue;
    kernel[std::string(columns[i].name)] = number(i, audit.kernel.value[i]);
    rows[std::string(columns[i].name)] =
        number_or_null(i, outcome.totals[i], outcome.totals.known(i));
  }
  const auto accounted = accounted_cpu(outcome);
  return {{"kernel", kernel},
          {"rows", rows},
          {"cpu_accounted", accounted ? Json(*accounted) : Json(nullptr)},
          {"untracked_tasks", audit.untracked_tasks},
          {"events_lost", audit.events_lost},
          {"ticks_missed", audit.ticks_missed},
          {"recorder_cpu", seconds(audit.recorder_cpu_ns)},
          {"recorder_peak_rss", audit.recorder_peak_rss_bytes}};
}

}  // namespace

Result<void> JsonSink::begin(const Recording &recording) {
  recording_ = recording;
  return file_.write("{\"schema\": \"rusage-bpf/1\",\n\"columns\": " +
                     dump(columns_json(recording)) + ",\n\"samples\": [");
}

Result<void> JsonSink::row(const Row &row) {
  Json json = {{"timestamp", iso_8601(row.realtime_ns)}};
  for (std::size_t i = 0; i < column_count; i++)
    json.push_back({std::string(columns[i].name), number_or_null(i, row.value[i], row.known[i])});
  return file_.write((std::exchange(any_row_, true) ? ",\n" : "\n") + dump(json));
}

Result<void> JsonSink::end(const Outcome &outcome) {
  auto written = file_.write("\n],\n\"meta\": " + dump(meta_json(recording_, outcome)) +
                             ",\n\"totals\": " + dump(totals_json(outcome.totals)) +
                             ",\n\"audit\": " + dump(audit_json(outcome)) + "}\n");
  return written ? file_.commit() : written;
}

}  // namespace rusage_bpf
