#include "document/schema.h"

#include <fmt/format.h>

#include "document/document.h"

namespace rusage_bpf {
namespace {

Json type(const char *name) {
  return {{"type", name}};
}

// Made of bytes: see src/model/name.h.
Json name() {
  Json schema = type("string");
  schema["description"] =
      "a byte that is no part of UTF-8 is \\x and two digits, such as \\xff, and so is a "
      "backslash, \\x5c, before "
      "what would read as that";
  return schema;
}

Json name_or_null() {
  Json schema = name();
  schema["type"] = {"string", "null"};
  return schema;
}

Json type_or_null(const char *name) {
  return {{"type", {name, "null"}}};
}

Json count() {
  return {{"type", "integer"}, {"minimum", 0}};
}

Json count_or_null() {
  return {{"type", {"integer", "null"}}, {"minimum", 0}};
}

Json seconds_or_null() {
  return {{"type", {"number", "null"}}, {"minimum", 0}};
}

Json time_text() {
  return {{"type", "string"},
          {"format", "date-time"},
          {"pattern", "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{6}Z$"}};
}

Json list_of(const Json &element) {
  return {{"type", "array"}, {"items", element}};
}

Json list_or_null(const Json &element) {
  return {{"type", {"array", "null"}}, {"items", element}};
}

// An object with all of these fields; `later` are those that documents of earlier versions lack.
Json object(const Json &properties, const Json &later = Json::object()) {
  Json required = Json::array();
  for (const auto &item : properties.items()) required.push_back(item.key());
  Json all = properties;
  all.update(later);
  return {{"type", "object"}, {"required", required}, {"properties", all}};
}

Json described(Json type, const char *description) {
  type["description"] = description;
  return type;
}

Json number_or_null(const Column &column) {
  return column.in_nanoseconds() ? seconds_or_null() : count_or_null();
}

// The list of columns, in their order.
Json column_list() {
  Json list = Json::array();
  const Json begin = begin_json(Recording());
  for (const Json &column : begin["columns"])
    list.push_back(object({{"name", {{"const", column["name"]}}},
                           {"unit", {{"const", column["unit"]}}},
                           {"kind", {{"const", column["kind"]}}},
                           {"source", type("string")}}));
  return {{"type", "array"}, {"prefixItems", list}, {"minItems", list.size()}, {"maxItems", list.size()}};
}

Json sample() {
  Json properties = {{"timestamp", time_text()}};
  for (const Column &column : columns) {
    Json number = number_or_null(column);
    number["description"] = fmt::format("in {}", column.unit);
    properties[std::string(column.name)] = number;
  }
  return object(properties);
}

Json target_kinds() {
  Json texts = Json::array();
  for (const TargetKind kind : {TargetKind::command, TargetKind::tree, TargetKind::cgroup})
    texts.push_back(text_of(kind));
  return texts;
}

Json meta() {
  return object({{"version", type("string")},
                 {"host", name()},
                 {"kernel", type("string")},
                 {"cpus", count()},
                 {"boot_id", type("string")},
                 {"target", {{"enum", target_kinds()}}},
                 {"argv", list_of(name())},
                 {"root_pid", count_or_null()},
                 {"cgroup", name_or_null()},
                 {"interval", {{"type", "number"}, {"minimum", 0}}},
                 {"start", time_text()},
                 {"backend", type("string")},
                 {"backend_reason", type_or_null("string")},
                 {"end", time_text()},
                 {"ended_by", type_or_null("string")},
                 {"exit_code", count_or_null()},
                 {"signal", count_or_null()},
                 {"rows", count()},
                 {"rows_overwritten", count()},
                 {"recovered", type("boolean")}},
                {{"clock", described({{"enum", {"kernel", "recorder", nullptr}}},
                                     "what keeps the times of the rows: a timer in the kernel, or the recorder")},
                 {"realtime_priority", described({{"type", {"boolean", "null"}}}, "of the recorder: SCHED_FIFO")}});
}

// A counter's sum, or a gauge's peak and when that was.
Json totals() {
  Json properties = Json::object();
  for (const Column &column : columns) {
    if (column.is_time()) continue;
    const Json number = number_or_null(column);
    Json &property = properties[std::string(column.name)];
    property = column.is_gauge() ? object({{"peak", number}, {"elapsed", seconds_or_null()}}) : number;
    if (column.name == columns[RUSAGE_rss].name)
      property["properties"]["at_least"] =
          described(count_or_null(),
                    "in bytes, resident at one moment at least: the greatest of `peak` and of "
                    "single processes' own peaks, which the kernel keeps between rows as well");
  }
  return object(properties);
}

// Values of some columns.
Json figures() {
  Json properties = Json::object();
  for (const Column &column : columns) properties[std::string(column.name)] = number_or_null(column);
  return {{"type", "object"}, {"properties", properties}};
}

Json lateness_or_null() {
  Json lateness = object({{"p50", seconds_or_null()}, {"p99", seconds_or_null()}, {"max", seconds_or_null()}});
  lateness["type"] = {"object", "null"};
  return lateness;
}

Json audit() {
  return object(
      {{"kernel", figures()},
       {"rows", figures()},
       {"cpu_accounted", seconds_or_null()},
       {"untracked_tasks", count_or_null()},
       {"events_lost", count_or_null()},
       {"unseen_tasks", count_or_null()},
       {"unlisted_tasks", count_or_null()},
       {"unreadable_processes", count_or_null()},
       {"untraceable_tasks", count_or_null()},
       {"ticks_missed", count_or_null()},
       {"rows_damaged", count()},
       {"ring_error", type_or_null("string")},
       {"processes_left_out", count_or_null()},
       {"recorder_cpu", seconds_or_null()},
       {"recorder_peak_rss", count_or_null()}},
      {{"tick_lateness", described(lateness_or_null(),
                                   "in seconds, from a row's deadline to its sample: half of the rows are at most as "
                                   "late as p50, and 99 of 100 as p99")},
       {"clock_cpu", described(seconds_or_null(), "the part of recorder_cpu that the kernel's clock used")},
       {"longest_gap", described(seconds_or_null(), "between the samples of two rows")},
       {"unwaited_processes", described(count_or_null(),
                                        "processes that the command, and those that it waited for, have not "
                                        "waited for, or that live on: audit.kernel lacks them")},
       {"unwaited_cpu", described(seconds_or_null(), "what these have used")},
       {"oom_kills", described(count_or_null(),
                               "processes of the cgroup that the kernel has killed as "
                               "memory was short")},
       {"oom_kills_on_machine", described(count_or_null(), "the same, of all cgroups")},
       {"sigkilled_processes", described(count_or_null(), "processes that are known to have ended by SIGKILL")},
       {"sigkilled_commands", list_of(type("string"))}});
}

// With a number for each counter.
Json with_counters(Json properties, Json later = Json::object()) {
  for (const Column &column : columns)
    if (column.is_per_process()) properties[std::string(column.name)] = number_or_null(column);
  properties["peak_rss"] = count_or_null();
  later["children_cpu"] = described(seconds_or_null(),
                                    "the part of user and system that children have used which polling /proc cannot "
                                    "tell apart from the process that waited for them");
  return object(properties, later);
}

Json process() {
  return with_counters({{"pid", count()},
                        {"ppid", count()},
                        {"command", name_or_null()},
                        {"argv", list_of(name())},
                        {"start", type("number")},
                        {"end", type_or_null("number")},
                        {"exit_code", count_or_null()},
                        {"signal", count_or_null()}},
                       {{"peak_rss_predates",
                         described(type("boolean"), "peak_rss may be of the time before the process was recorded")}});
}

Json command() {
  return with_counters({{"command", name_or_null()}, {"processes", count()}});
}

}  // namespace

Json json_schema() {
  Json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", "A recording of rusage-bpf"}};
  schema.update(object({{"schema", {{"const", document_schema}}},
                        {"columns", column_list()},
                        {"samples", list_of(sample())},
                        {"processes", list_or_null(process())},
                        {"commands", list_or_null(command())},
                        {"meta", meta()},
                        {"totals", totals()},
                        {"audit", audit()}}));
  return schema;
}

}  // namespace rusage_bpf
