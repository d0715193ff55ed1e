#include "document/audit.h"

#include <string>

#include "document/fields.h"
#include "document/figures.h"
#include "document/time.h"

namespace rusage_bpf {

Json totals_json(const Outcome &outcome) {
  const Totals &totals = outcome.totals;
  Json all = Json::object();
  for (std::size_t i = 0; i < column_count; i++) {
    if (columns[i].is_time()) continue;
    Json &json = all[std::string(columns[i].name)];
    json = number_or_null(i, totals[i], totals.known(i));
    if (!columns[i].is_gauge()) continue;
    const Json when = number_or_null(RUSAGE_elapsed, totals.peak_elapsed_ns(i), totals.known(i));
    json = {{"peak", json}, {"elapsed", when}};
    if (i == RUSAGE_rss) json["at_least"] = value_or_null(outcome.rss_at_least);
  }
  return all;
}

std::optional<std::uint64_t> rss_at_least_from(const Json &totals) {
  const Json *rss = totals.is_object() ? find_field(totals, "rss") : nullptr;
  return rss && rss->is_object() ? field<std::uint64_t>(*rss, "at_least") : std::nullopt;
}

namespace {

Json lateness_json(const Punctuality &punctuality) {
  return {{"p50", seconds(punctuality.lateness_p50_ns)},
          {"p99", seconds(punctuality.lateness_p99_ns)},
          {"max", seconds(punctuality.lateness_max_ns)}};
}

std::optional<Punctuality> punctuality_from(const Json &audit) {
  const Json *lateness = find_field(audit, "tick_lateness");
  const auto longest_gap_ns = nanoseconds_field(audit, "longest_gap");
  if (!lateness || !lateness->is_object() || !longest_gap_ns) return std::nullopt;
  const auto figure = [&](const char *name) { return nanoseconds_field(*lateness, name).value_or(0); };
  return Punctuality{.lateness_p50_ns = figure("p50"),
                     .lateness_p99_ns = figure("p99"),
                     .lateness_max_ns = figure("max"),
                     .longest_gap_ns = *longest_gap_ns};
}

}  // namespace

Json audit_json(const Outcome &outcome) {
  const Audit &audit = outcome.audit;
  Json kernel = Json::object();
  Json rows = Json::object();
  for (std::size_t i = 0; i < column_count; i++) {
    if (!audit.kernel.known[i]) continue;
    kernel[std::string(columns[i].name)] = number_or_null(i, audit.kernel.value[i], true);
    rows[std::string(columns[i].name)] = number_or_null(i, outcome.totals[i], outcome.totals.known(i));
  }
  const auto &cpu_ns = audit.recorder_cpu_ns;
  const auto &losses = audit.losses;
  const auto &unwaited = audit.unwaited;
  const auto &punctuality = audit.punctuality;
  return {{"kernel", kernel},
          {"rows", rows},
          {"cpu_accounted", value_or_null(accounted_cpu(outcome))},
          {"unwaited_processes", unwaited ? Json(unwaited->processes) : Json(nullptr)},
          {"unwaited_cpu", unwaited ? Json(seconds(unwaited->cpu_ns)) : Json(nullptr)},
          {"oom_kills", value_or_null(audit.oom_kills)},
          {"oom_kills_on_machine", value_or_null(audit.oom_kills_on_machine)},
          {"sigkilled_processes", value_or_null(audit.sigkilled_processes)},
          {"sigkilled_commands", audit.sigkilled_commands},
          {"untracked_tasks", losses ? Json(losses->untracked_tasks) : Json(nullptr)},
          {"events_lost", value_or_null(audit.events_lost)},
          {"unseen_tasks", value_or_null(audit.unseen_tasks)},
          {"unlisted_tasks", value_or_null(audit.unlisted_tasks)},
          {"unreadable_processes", value_or_null(audit.unreadable_processes)},
          {"untraceable_tasks", value_or_null(audit.untraceable_tasks)},
          {"ticks_missed", losses ? Json(losses->ticks_missed) : Json(nullptr)},
          {"tick_lateness", punctuality ? lateness_json(*punctuality) : Json(nullptr)},
          {"longest_gap", punctuality ? Json(seconds(punctuality->longest_gap_ns)) : Json(nullptr)},
          {"rows_damaged", audit.rows_damaged},
          {"ring_error", audit.ring_error.empty() ? Json(nullptr) : Json(audit.ring_error)},
          // A ring holds rows only.
          {"processes_left_out", outcome.recovered ? Json(nullptr) : Json(outcome.processes_left_out)},
          {"recorder_cpu", cpu_ns ? Json(seconds(*cpu_ns)) : Json(nullptr)},
          {"clock_cpu", audit.clock_cpu_ns ? Json(seconds(*audit.clock_cpu_ns)) : Json(nullptr)},
          {"recorder_peak_rss", value_or_null(audit.recorder_peak_rss_bytes)}};
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
  const auto unwaited_processes = field<std::uint64_t>(json, "unwaited_processes");
  const auto unwaited_cpu_ns = nanoseconds_field(json, "unwaited_cpu");
  if (unwaited_processes && unwaited_cpu_ns) audit.unwaited = Unwaited{*unwaited_processes, *unwaited_cpu_ns};
  audit.oom_kills = field<std::uint64_t>(json, "oom_kills");
  audit.oom_kills_on_machine = field<std::uint64_t>(json, "oom_kills_on_machine");
  audit.sigkilled_processes = field<std::uint64_t>(json, "sigkilled_processes");
  audit.sigkilled_commands = field_or<std::vector<std::string>>(json, "sigkilled_commands");
  const auto untracked_tasks = field<std::uint64_t>(json, "untracked_tasks");
  const auto ticks_missed = field<std::uint64_t>(json, "ticks_missed");
  if (untracked_tasks && ticks_missed) audit.losses = Losses{*untracked_tasks, *ticks_missed};
  audit.punctuality = punctuality_from(json);
  audit.events_lost = field<std::uint64_t>(json, "events_lost");
  audit.unseen_tasks = field<std::uint64_t>(json, "unseen_tasks");
  audit.unlisted_tasks = field<std::uint64_t>(json, "unlisted_tasks");
  audit.unreadable_processes = field<std::uint64_t>(json, "unreadable_processes");
  audit.untraceable_tasks = field<std::uint64_t>(json, "untraceable_tasks");
  audit.recorder_cpu_ns = nanoseconds_field(json, "recorder_cpu");
  audit.clock_cpu_ns = nanoseconds_field(json, "clock_cpu");
  audit.recorder_peak_rss_bytes = field<std::uint64_t>(json, "recorder_peak_rss");
  audit.rows_damaged = field_or<std::uint64_t>(json, "rows_damaged");
  audit.ring_error = field_or<std::string>(json, "ring_error");
  return audit;
}

}  // namespace rusage_bpf
