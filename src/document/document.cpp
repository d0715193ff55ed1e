#include "document/document.h"

#include <fmt/format.h>

#include <utility>

#include "document/fields.h"
#include "document/time.h"

namespace rusage_bpf {
namespace {

Json number(std::size_t column, std::uint64_t value) {
  if (columns[column].in_nanoseconds()) return seconds(value);
  return value;
}

std::uint64_t number_from(std::size_t column, const Json &json) {
  const std::string_view name = columns[column].name;
  return columns[column].in_nanoseconds() ? to_nanoseconds(json, name)
                                          : to_unsigned(json, name, UINT64_MAX);
}

Json number_or_null(std::size_t column, std::uint64_t value, bool known) {
  return known ? number(column, value) : Json(nullptr);
}

template <typename T>
Json value_or_null(const std::optional<T> &value) {
  return value ? Json(*value) : Json(nullptr);
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
    if (columns[i].is_time()) continue;
    Json &json = all[std::string(columns[i].name)];
    json = number_or_null(i, totals[i], totals.known(i));
    if (!columns[i].is_gauge()) continue;
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
  const auto &losses = audit.losses;
  return {
      {"kernel", kernel},
      {"rows", rows},
      {"cpu_accounted", value_or_null(accounted_cpu(outcome))},
      {"untracked_tasks", losses ? Json(losses->untracked_tasks) : Json(nullptr)},
      {"events_lost", value_or_null(audit.events_lost)},
      {"ticks_missed", losses ? Json(losses->ticks_missed) : Json(nullptr)},
      {"rows_damaged", audit.rows_damaged},
      // A ring holds rows alone.
      {"processes_left_out", outcome.recovered ? Json(nullptr) : Json(outcome.processes_left_out)},
      {"recorder_cpu", cpu_ns ? Json(seconds(*cpu_ns)) : Json(nullptr)},
      {"recorder_peak_rss", value_or_null(audit.recorder_peak_rss_bytes)}};
}

// A number for each counter, null where it is not known.
void add_counters(Json &json, const Values &value, const Known &known) {
  for (std::size_t i = 0; i < column_count; i++)
    if (columns[i].is_counter())
      json[std::string(columns[i].name)] = number_or_null(i, value[i], known[i]);
}

void counters_from(const Json &json, Values &value, Known &known) {
  for (std::size_t i = 0; i < column_count; i++) {
    if (!columns[i].is_counter()) continue;
    const Json *number = find_field(json, columns[i].name);
    if (!number) continue;
    value[i] = number_from(i, *number);
    known.set(i);
  }
}

Audit audit_from(const Json &json) {
  Audit audit;
  const Json *kernel = find_field(json, "kernel") ? &object_in(json, "kernel") : nullptr;
  for (std::size_t i = 0; kernel && i < column_count; i++) {
    const Json *value = find_field(*kernel, columns[i].name);
    if (!value) continue;
    audit.kernel.value[i] = number_from(i, *value);
    audit.kernel.known.set(i);
  }
  const auto untracked_tasks = field<std::uint64_t>(json, "untracked_tasks");
  const auto ticks_missed = field<std::uint64_t>(json, "ticks_missed");
  if (untracked_tasks && ticks_missed) audit.losses = Losses{*untracked_tasks, *ticks_missed};
  audit.events_lost = field<std::uint64_t>(json, "events_lost");
  audit.recorder_cpu_ns = nanoseconds_field(json, "recorder_cpu");
  audit.recorder_peak_rss_bytes = field<std::uint64_t>(json, "recorder_peak_rss");
  audit.rows_damaged = field_or<std::uint64_t>(json, "rows_damaged");
  return audit;
}

// 0 where it is missing.
std::uint64_t time_from(const Json &object, std::string_view key) {
  const auto text = field<std::string>(object, key);
  if (!text) return 0;
  const auto time = from_iso_8601(*text);
  if (!time)
    throw WrongField(fmt::format("{} must be a time such as {}, and is {}", key, iso_8601(0),
                                 text->substr(0, 40)));
  return *time;
}

template <typename T, typename Read>
Result<T> checked(std::string_view prefix, Read read) {
  try {
    return read();
  } catch (const WrongField &failure) {
    return error(fmt::format("{}{}", prefix, failure.what()));
  }
}

constexpr auto not_ours = "is no recording of rusage-bpf: ";

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

Json process_json(const Process &process) {
  const auto signed_seconds = [](std::int64_t ns) { return static_cast<double>(ns) / 1e9; };
  Json json = {{"pid", process.pid},
               {"ppid", process.ppid},
               {"command", value_or_null(process.image->command)},
               {"argv", process.image->argv},
               {"start", signed_seconds(process.start_ns)},
               {"end", process.end_ns ? Json(signed_seconds(*process.end_ns)) : Json(nullptr)},
               {"exit_code", value_or_null(process.exit.code)},
               {"signal", value_or_null(process.exit.signal)}};
  add_counters(json, process.value, process.known);
  json["peak_rss"] = value_or_null(process.peak_rss);
  return json;
}

Json command_json(const Command &command) {
  Json json = {{"command", value_or_null(command.name)}, {"processes", command.processes}};
  add_counters(json, command.value, command.known);
  json["peak_rss"] = value_or_null(command.peak_rss);
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

Json frame_json(const Recording &recording, const Outcome &outcome) {
  Json frame = begin_json(recording);
  const Json end = end_json(outcome);
  frame["meta"].update(end["meta"]);
  frame["totals"] = end["totals"];
  frame["audit"] = end["audit"];
  return frame;
}

Result<Recording> recording_from(const Json &begin) {
  return checked<Recording>(not_ours, [&]() -> Result<Recording> {
    const auto schema = field<std::string>(begin, "schema");
    if (!schema) throw WrongField("schema is missing");
    if (*schema != document_schema)
      return error(fmt::format("has the schema {}, and this rusage-bpf reads {}",
                               schema->substr(0, 40), document_schema));
    const Json &meta = object_in(begin, "meta");
    Recording recording;
    recording.version = field_or<std::string>(meta, "version");
    recording.host = field_or<std::string>(meta, "host");
    recording.kernel = field_or<std::string>(meta, "kernel");
    recording.cpus = field_or<unsigned>(meta, "cpus");
    recording.boot_id = field_or<std::string>(meta, "boot_id");
    recording.target = field_or<std::string>(meta, "target");
    recording.argv = field_or<std::vector<std::string>>(meta, "argv");
    recording.root_pid = field<int>(meta, "root_pid");
    recording.cgroup = field_or<std::string>(meta, "cgroup");
    recording.interval_ns = nanoseconds_field(meta, "interval").value_or(0);
    recording.start_realtime_ns = time_from(meta, "start");
    recording.backend = field_or<std::string>(meta, "backend");
    for (const Json &column : array_in(begin, "columns")) {
      const auto name = field<std::string>(column, "name");
      for (std::size_t i = 0; i < column_count; i++)
        if (name == columns[i].name) recording.origin[i] = field_or<std::string>(column, "source");
    }
    return recording;
  });
}

Result<Row> row_from(const Json &sample) {
  return checked<Row>("", [&] {
    if (!sample.is_object()) throw WrongField("it must be an object");
    Row row;
    row.realtime_ns = time_from(sample, "timestamp");
    for (std::size_t i = 0; i < column_count; i++) {
      const Json *value = find_field(sample, columns[i].name);
      if (!value) continue;
      row.value[i] = number_from(i, *value);
      row.known.set(i);
    }
    return row;
  });
}

Result<Process> process_from(const Json &json) {
  return checked<Process>("", [&] {
    if (!json.is_object()) throw WrongField("it must be an object");
    Process process;
    process.pid = field_or<int>(json, "pid");
    process.ppid = field_or<int>(json, "ppid");
    process.image = std::make_shared<const Image>(Image{
        field<std::string>(json, "command"), field_or<std::vector<std::string>>(json, "argv")});
    process.start_ns = signed_nanoseconds_field(json, "start").value_or(0);
    process.end_ns = signed_nanoseconds_field(json, "end");
    process.exit = {field<int>(json, "exit_code"), field<int>(json, "signal")};
    counters_from(json, process.value, process.known);
    process.peak_rss = field<std::uint64_t>(json, "peak_rss");
    return process;
  });
}

Result<Command> command_from(const Json &json) {
  return checked<Command>("", [&] {
    if (!json.is_object()) throw WrongField("it must be an object");
    Command command;
    command.name = field<std::string>(json, "command");
    command.processes = field_or<std::uint64_t>(json, "processes");
    counters_from(json, command.value, command.known);
    command.peak_rss = field<std::uint64_t>(json, "peak_rss");
    return command;
  });
}

Result<Outcome> outcome_from(const Json &end) {
  return checked<Outcome>(not_ours, [&] {
    const Json &meta = object_in(end, "meta");
    Outcome outcome;
    outcome.end_realtime_ns = time_from(meta, "end");
    outcome.ended_by = field_or<std::string>(meta, "ended_by");
    outcome.exit = {field<int>(meta, "exit_code"), field<int>(meta, "signal")};
    const Json &audit = object_in(end, "audit");
    outcome.audit = audit_from(audit);
    outcome.processes_left_out = field_or<std::uint64_t>(audit, "processes_left_out");
    outcome.recovered = field_or<bool>(meta, "recovered");
    outcome.rows_overwritten = field_or<std::uint64_t>(meta, "rows_overwritten");
    return outcome;
  });
}

}  // namespace rusage_bpf
