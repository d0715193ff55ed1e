#include "document/document.h"

#include <fmt/format.h>

#include <utility>

#include "document/time.h"

namespace rusage_bpf {
namespace {

Json number(std::size_t column, std::uint64_t value) {
  if (columns[column].in_nanoseconds()) return seconds(value);
  return value;
}

std::uint64_t number_from(std::size_t column, const Json &json) {
  return columns[column].in_nanoseconds() ? nanoseconds(json.get<double>())
                                          : json.get<std::uint64_t>();
}

Json number_or_null(std::size_t column, std::uint64_t value, bool known) {
  return known ? number(column, value) : Json(nullptr);
}

template <typename T>
Json value_or_null(const std::optional<T> &value) {
  return value ? Json(*value) : Json(nullptr);
}

// Nothing where it is null or missing.
template <typename T>
std::optional<T> get(const Json &object, const char *key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return std::nullopt;
  return found->get<T>();
}

template <typename T>
void get_into(T &value, const Json &object, const char *key) {
  value = get<T>(object, key).value_or(T());
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
  const auto &cpu_ns = audit.recorder_cpu_ns;
  return {{"kernel", kernel},
          {"rows", rows},
          {"cpu_accounted", value_or_null(accounted_cpu(outcome))},
          {"untracked_tasks", audit.losses.untracked_tasks},
          {"events_lost", value_or_null(audit.events_lost)},
          {"ticks_missed", audit.losses.ticks_missed},
          {"rows_damaged", audit.rows_damaged},
          {"recorder_cpu", cpu_ns ? Json(seconds(*cpu_ns)) : Json(nullptr)},
          {"recorder_peak_rss", value_or_null(audit.recorder_peak_rss_bytes)}};
}

Audit audit_from(const Json &json) {
  Audit audit;
  const Json kernel = get<Json>(json, "kernel").value_or(Json::object());
  for (std::size_t i = 0; i < column_count; i++) {
    const auto found = kernel.find(columns[i].name);
    if (found == kernel.end()) continue;
    audit.kernel.value[i] = number_from(i, *found);
    audit.kernel.known.set(i);
  }
  get_into(audit.losses.untracked_tasks, json, "untracked_tasks");
  audit.events_lost = get<std::uint64_t>(json, "events_lost");
  get_into(audit.losses.ticks_missed, json, "ticks_missed");
  if (const auto cpu = get<double>(json, "recorder_cpu")) audit.recorder_cpu_ns = nanoseconds(*cpu);
  audit.recorder_peak_rss_bytes = get<std::uint64_t>(json, "recorder_peak_rss");
  get_into(audit.rows_damaged, json, "rows_damaged");
  return audit;
}

std::uint64_t time_from(const Json &object, const char *key) {
  return from_iso_8601(get<std::string>(object, key).value_or("")).value_or(0);
}

// Reading throws where a part of the JSON is missing or of another type: an error here.
template <typename T, typename Read>
Result<T> checked(Read read) {
  try {
    return read();
  } catch (const Json::exception &failure) {
    return error(fmt::format("is no recording of rusage-bpf: {}", failure.what()));
  }
}

}  // namespace

std::string to_text(const Json &json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json begin_json(const Recording &recording) {
  const Json meta = {{"version", recording.version},
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
                     {"backend", recording.backend}};
  return {{"schema", document_schema}, {"meta", meta}, {"columns", columns_json(recording)}};
}

Json sample_json(const Row &row) {
  Json json = {{"timestamp", iso_8601(row.realtime_ns)}};
  for (std::size_t i = 0; i < column_count; i++)
    json.push_back({std::string(columns[i].name), number_or_null(i, row.value[i], row.known[i])});
  return json;
}

Json end_json(const Outcome &outcome) {
  const Json meta = {
      {"end", iso_8601(outcome.end_realtime_ns)},
      {"ended_by", outcome.ended_by.empty() ? Json(nullptr) : Json(outcome.ended_by)},
      {"exit_code", value_or_null(outcome.exit.code)},
      {"signal", value_or_null(outcome.exit.signal)},
      {"rows", outcome.totals.rows()},
      {"rows_overwritten", outcome.rows_overwritten},
      {"recovered", outcome.recovered}};
  return {{"meta", meta}, {"totals", totals_json(outcome.totals)}, {"audit", audit_json(outcome)}};
}

Result<Recording> recording_from(const Json &begin) {
  return checked<Recording>([&]() -> Result<Recording> {
    if (const Json &schema = begin.at("schema"); schema != document_schema)
      return error(fmt::format("has the schema {}, and this rusage-bpf reads {}", to_text(schema),
                               document_schema));
    const Json &meta = begin.at("meta");
    Recording recording;
    get_into(recording.version, meta, "version");
    get_into(recording.host, meta, "host");
    get_into(recording.kernel, meta, "kernel");
    get_into(recording.cpus, meta, "cpus");
    get_into(recording.boot_id, meta, "boot_id");
    get_into(recording.target, meta, "target");
    get_into(recording.argv, meta, "argv");
    recording.root_pid = get<int>(meta, "root_pid");
    get_into(recording.cgroup, meta, "cgroup");
    recording.interval_ns = nanoseconds(get<double>(meta, "interval").value_or(0));
    recording.start_realtime_ns = time_from(meta, "start");
    get_into(recording.backend, meta, "backend");
    for (const Json &column : begin.at("columns"))
      for (std::size_t i = 0; i < column_count; i++)
        if (column.at("name") == columns[i].name) get_into(recording.origin[i], column, "source");
    return recording;
  });
}

Result<Outcome> outcome_from(const Json &end) {
  return checked<Outcome>([&] {
    const Json &meta = end.at("meta");
    Outcome outcome;
    outcome.end_realtime_ns = time_from(meta, "end");
    get_into(outcome.ended_by, meta, "ended_by");
    outcome.exit = {get<int>(meta, "exit_code"), get<int>(meta, "signal")};
    outcome.audit = audit_from(end.at("audit"));
    get_into(outcome.recovered, meta, "recovered");
    get_into(outcome.rows_overwritten, meta, "rows_overwritten");
    return outcome;
  });
}

}  // namespace rusage_bpf
