#include "output/perfetto_sink.h"

#include <fmt/format.h>

#include <algorithm>

#include "document/document.h"
#include "output/summary_sink.h"

namespace rusage_bpf {
namespace {

// No process has this number.
constexpr std::uint64_t recording_id = 0;
// In microseconds, by which processes are sorted: 31 years before the recording.
constexpr std::int64_t before_all = -1'000'000'000'000'000;

using Drawn = Column::Drawn;

std::string unit(const Column &column) {
  switch (column.drawn()) {
    case Drawn::cpu_share:
      return "% of one core";
    case Drawn::waiting_tasks:
      return "tasks";
    case Drawn::rate:
      return fmt::format("{}/s", column.unit);
    case Drawn::level:
      break;
  }
  return std::string(column.unit);
}

double rate(const Column &column, std::uint64_t difference, std::uint64_t duration_ns) {
  const double each_ns = static_cast<double>(difference) / static_cast<double>(duration_ns);
  if (column.drawn() == Drawn::cpu_share) return each_ns * 100;
  return column.in_nanoseconds() ? each_ns : each_ns * 1e9;
}

// A process of the trace has one thread, of the same number.
Json event(std::string_view phase, std::uint64_t id, std::string_view name) {
  return {{"ph", phase}, {"pid", id}, {"tid", id}, {"name", name}};
}

std::string with_args(Json event, Json args) {
  event["args"] = std::move(args);
  return ",\n" + to_text(event);
}

// Microseconds with three digits after the point: a double would lose nanoseconds in a long recording.
std::string at(std::uint64_t ns, const std::string &event) {
  constexpr std::string_view opening = ",\n{";
  return fmt::format("{}\"ts\":{}.{:03},{}", opening, ns / 1000, ns % 1000, event.substr(opening.size()));
}

std::string metadata(std::uint64_t id, std::string_view what, const char *key, const Json &value) {
  return with_args(event("M", id, what), {{key, value}});
}

std::string names(std::uint64_t id, const std::string &name) {
  return metadata(id, "process_name", "name", name) + metadata(id, "thread_name", "name", name);
}

}  // namespace

Result<void> PerfettoSink::begin(const Recording &recording) {
  recording_ = recording;
  const std::string events = metadata(recording_id, "process_name", "name", target_name(recording)) +
                             metadata(recording_id, "process_sort_index", "sort_index", before_all);
  return file_->write("{\"traceEvents\": [" + events.substr(1));
}

// A counter track keeps its value until the next one.
std::string PerfettoSink::show(std::size_t column, std::uint64_t ns, const Json &value) {
  if (shown_[column] == value) return "";
  shown_[column] = value;
  return at(ns, with_args(event("C", recording_id, columns[column].name), {{unit(columns[column]), value}}));
}

Result<void> PerfettoSink::row(const Row &row) {
  if (!row.known[RUSAGE_elapsed]) return {};
  const std::uint64_t end_ns = row.value[RUSAGE_elapsed];
  // The first row has no counters, unless rows before it were lost.
  const std::uint64_t begin_ns = last_row_ns_.value_or(end_ns - std::min(end_ns, recording_.interval_ns));
  last_row_ns_ = end_ns;
  std::string text;
  for (std::size_t i = 0; i < column_count; i++) {
    if (columns[i].is_gauge() && row.known[i]) text += show(i, end_ns, row.value[i]);
    if (!columns[i].is_counter()) continue;
    if (row.known[i] && end_ns > begin_ns)
      text += show(i, begin_ns, rate(columns[i], row.value[i], end_ns - begin_ns));
    else
      text += end_rate(i, begin_ns);
  }
  return file_->write(text);
}

// The rate before does not continue.
std::string PerfettoSink::end_rate(std::size_t column, std::uint64_t ns) {
  return shown_[column].is_null() ? "" : show(column, ns, 0);
}

// The records of a process usually come in their order, but one with late threads may come after the next.
const PerfettoSink::TraceProcess &PerfettoSink::trace_process_of(const Process &record) {
  const auto [found, is_first] = trace_processes_.try_emplace(
      record.pid, TraceProcess{static_cast<std::uint64_t>(record.pid), record.start_ns, record.end_ns});
  TraceProcess &process = found->second;
  if (is_first) return process;
  if (process.end_ns == record.start_ns)
    process.end_ns = record.end_ns;
  else if (record.end_ns == process.start_ns)
    process.start_ns = record.start_ns;
  else
    process = {next_id_++, record.start_ns, record.end_ns};
  return process;
}

// Begin and end are separate events: readers cut times to whole nanoseconds, and a duration that is cut differently
// than the begin of the next record would make the two overlap.
Result<void> PerfettoSink::process(const Process &process) {
  const TraceProcess &whole = trace_process_of(process);
  const std::string name = process.image->command.value_or("(unknown)");
  std::string text;
  if (whole.start_ns == process.start_ns)
    text += metadata(whole.id, "process_sort_index", "sort_index", process.start_ns / 1000) +
            metadata(whole.id, "process_labels", "labels", fmt::format("child of {}", process.ppid));
  // A process has the name of its last program.
  if (whole.end_ns == process.end_ns) text += names(whole.id, name);
  // Readers drop events before 0; the arguments have the true start.
  const auto begin_ns = static_cast<std::uint64_t>(std::max<std::int64_t>(process.start_ns, 0));
  text += at(begin_ns, with_args(event("B", whole.id, name), process_json(process)));
  // A live process has no end.
  if (process.end_ns)
    text += at(std::max(begin_ns, static_cast<std::uint64_t>(std::max<std::int64_t>(*process.end_ns, 0))),
               with_args(event("E", whole.id, name), Json::object()));
  return file_->write(text);
}

Result<void> PerfettoSink::end(const Outcome &outcome) {
  std::string text;
  for (std::size_t i = 0; i < column_count; i++)
    if (columns[i].is_counter()) text += end_rate(i, last_row_ns_.value_or(0));
  text += "\n],\n\"otherData\": " + to_text(frame_json(recording_, outcome)) + "}\n";
  auto written = file_->write(text);
  return written ? file_->commit() : written;
}

}  // namespace rusage_bpf
