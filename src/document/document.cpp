#include "document/document.h"

#include <fmt/format.h>

#include <utility>

#include "document/audit.h"
#include "document/fields.h"
#include "document/figures.h"
#include "document/time.h"
#include "model/name.h"

namespace rusage_bpf {
namespace {

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
  list.push_back({{"name", "timestamp"}, {"unit", "ISO 8601 UTC"}, {"kind", "time"}, {"source", "clock"}});
  for (std::size_t i = 0; i < column_count; i++)
    list.push_back({{"name", columns[i].name},
                    {"unit", columns[i].unit},
                    {"kind", kind_name(columns[i].kind)},
                    {"source", as_text(recording.origin[i])}});
  return list;
}

// A number for each column that processes have a part of, null where it is not known.
void add_counters(Json &json, const Values &value, const Known &known) {
  for (std::size_t i = 0; i < column_count; i++)
    if (columns[i].is_per_process()) json[std::string(columns[i].name)] = number_or_null(i, value[i], known[i]);
}

Json seconds_or_null(const std::optional<std::uint64_t> &ns) {
  return ns ? Json(seconds(*ns)) : Json(nullptr);
}

void counters_from(const Json &json, Values &value, Known &known) {
  for (std::size_t i = 0; i < column_count; i++) {
    if (!columns[i].is_per_process()) continue;
    const Json *number = find_field(json, columns[i].name);
    if (!number) continue;
    value[i] = number_from(i, *number);
    known.set(i);
  }
}

// 0 where it is missing.
std::uint64_t time_from(const Json &object, std::string_view key) {
  const auto text = field<std::string>(object, key);
  if (!text) return 0;
  const auto time = from_iso_8601(*text);
  if (!time)
    throw WrongField(fmt::format("{} must be a time such as {}, and is {}", key, iso_8601(0), text->substr(0, 40)));
  return *time;
}

// 0 where it is missing.
int pid_from(const Json &object, std::string_view key) {
  constexpr std::uint64_t greatest = 4'194'304;  // Linux has no greater: PID_MAX_LIMIT
  const Json *value = find_field(object, key);
  return value ? static_cast<int>(to_unsigned(*value, key, greatest)) : 0;
}

template <typename T, typename Read>
Result<T> checked(std::string_view prefix, Read read) {
  try {
    return read();
  } catch (const WrongField &failure) {
    return error(fmt::format("{}{}", prefix, failure.what()));
  }
}

Json text_or_null(const std::string &text) {
  return text.empty() ? Json(nullptr) : Json(as_text(text));
}

Json texts(const std::vector<std::string> &all) {
  Json list = Json::array();
  for (const std::string &text : all) list.push_back(as_text(text));
  return list;
}

Json name_or_null(const std::optional<std::string> &name) {
  return name ? Json(as_text(*name)) : Json(nullptr);
}

constexpr auto not_ours = "is not a recording of rusage-bpf: ";

}  // namespace

std::string to_text(const Json &json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json begin_json(const Recording &recording) {
  const Json meta = {{"version", recording.version},
                     {"host", as_text(recording.host)},
                     {"kernel", as_text(recording.kernel)},
                     {"cpus", recording.cpus},
                     {"boot_id", recording.boot_id},
                     {"target", recording.target.text()},
                     {"argv", texts(recording.argv)},
                     {"root_pid", value_or_null(recording.root_pid)},
                     {"cgroup", text_or_null(recording.cgroup)},
                     {"interval", seconds(recording.interval_ns)},
                     {"start", iso_8601(recording.start_realtime_ns)},
                     {"backend", recording.backend},
                     {"backend_reason", text_or_null(recording.backend_reason)},
                     {"clock", text_or_null(recording.clock)},
                     {"realtime_priority", value_or_null(recording.realtime_priority)}};
  return {{"schema", document_schema}, {"meta", meta}, {"columns", columns_json(recording)}};
}

Json process_json(const Process &process) {
  const auto signed_seconds = [](std::int64_t ns) { return static_cast<double>(ns) / 1e9; };
  Json json = {{"pid", process.pid},
               {"ppid", process.ppid},
               {"command", name_or_null(process.image->command)},
               {"argv", texts(process.image->argv)},
               {"start", signed_seconds(process.start_ns)},
               {"end", process.end_ns ? Json(signed_seconds(*process.end_ns)) : Json(nullptr)},
               {"exit_code", value_or_null(process.exit.code)},
               {"signal", value_or_null(process.exit.signal)}};
  add_counters(json, process.value, process.known);
  json["peak_rss"] = value_or_null(process.peak_rss);
  json["peak_rss_predates"] = process.peak_rss_predates;
  json["children_cpu"] = seconds_or_null(process.children_cpu_ns);
  return json;
}

Json command_json(const Command &command) {
  Json json = {{"command", name_or_null(command.name)}, {"processes", command.processes}};
  add_counters(json, command.value, command.known);
  json["peak_rss"] = value_or_null(command.peak_rss);
  json["children_cpu"] = seconds_or_null(command.children_cpu_ns);
  return json;
}

Json end_json(const Outcome &outcome) {
  const Json meta = {{"end", iso_8601(outcome.end_realtime_ns)},
                     {"ended_by", text_or_null(outcome.ended_by.text())},
                     {"exit_code", value_or_null(outcome.exit.code)},
                     {"signal", value_or_null(outcome.exit.signal)},
                     {"rows", outcome.totals.rows()},
                     {"rows_overwritten", outcome.rows_overwritten},
                     {"recovered", outcome.recovered}};
  return {{"meta", meta}, {"totals", totals_json(outcome)}, {"audit", audit_json(outcome)}};
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
      return error(
          fmt::format("has the schema {}, and this rusage-bpf reads {}", schema->substr(0, 40), document_schema));
    const Json &meta = object_in(begin, "meta");
    Recording recording;
    recording.version = field_or<std::string>(meta, "version");
    recording.host = field_or<std::string>(meta, "host");
    recording.kernel = field_or<std::string>(meta, "kernel");
    recording.cpus = field_or<unsigned>(meta, "cpus");
    recording.boot_id = field_or<std::string>(meta, "boot_id");
    recording.target = TargetName::from_text(field_or<std::string>(meta, "target"));
    recording.argv = field_or<std::vector<std::string>>(meta, "argv");
    recording.root_pid = field<int>(meta, "root_pid");
    recording.cgroup = field_or<std::string>(meta, "cgroup");
    recording.interval_ns = nanoseconds_field(meta, "interval").value_or(0);
    recording.start_realtime_ns = time_from(meta, "start");
    recording.backend = field_or<std::string>(meta, "backend");
    recording.backend_reason = field_or<std::string>(meta, "backend_reason");
    recording.clock = field_or<std::string>(meta, "clock");
    recording.realtime_priority = field<bool>(meta, "realtime_priority");
    Known met;
    for (const Json &column : array_in(begin, "columns")) {
      if (!column.is_object()) throw WrongField("columns must be a list of objects");
      const auto name = field<std::string>(column, "name");
      for (std::size_t i = 0; i < column_count; i++) {
        if (name != columns[i].name) continue;
        if (met[i]) throw WrongField(fmt::format("columns has {} twice", *name));
        met.set(i);
        recording.origin[i] = field_or<std::string>(column, "source");
      }
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
    process.pid = pid_from(json, "pid");
    process.ppid = pid_from(json, "ppid");
    process.image = std::make_shared<const Image>(
        Image{field<std::string>(json, "command"), field_or<std::vector<std::string>>(json, "argv")});
    process.start_ns = signed_nanoseconds_field(json, "start").value_or(0);
    process.end_ns = signed_nanoseconds_field(json, "end");
    process.exit = {field<int>(json, "exit_code"), field<int>(json, "signal")};
    counters_from(json, process.value, process.known);
    process.peak_rss = field<std::uint64_t>(json, "peak_rss");
    process.peak_rss_predates = field_or<bool>(json, "peak_rss_predates");
    process.children_cpu_ns = nanoseconds_field(json, "children_cpu");
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
    command.children_cpu_ns = nanoseconds_field(json, "children_cpu");
    return command;
  });
}

Result<Outcome> outcome_from(const Json &end) {
  return checked<Outcome>(not_ours, [&] {
    const Json &meta = object_in(end, "meta");
    Outcome outcome;
    outcome.end_realtime_ns = time_from(meta, "end");
    outcome.ended_by = EndedBy::from_text(field_or<std::string>(meta, "ended_by"));
    outcome.exit = {field<int>(meta, "exit_code"), field<int>(meta, "signal")};
    const Json &audit = object_in(end, "audit");
    outcome.audit = audit_from(audit);
    if (const Json *totals = find_field(end, "totals")) outcome.rss_at_least = rss_at_least_from(*totals);
    outcome.processes_left_out = field_or<std::uint64_t>(audit, "processes_left_out");
    outcome.recovered = field_or<bool>(meta, "recovered");
    outcome.rows_overwritten = field_or<std::uint64_t>(meta, "rows_overwritten");
    return outcome;
  });
}

}  // namespace rusage_bpf
