#include "support/recording.h"

#include <cstdlib>
#include <stdexcept>

#include "document/figures.h"
#include "document/time.h"

namespace test {

using namespace rusage_bpf;

namespace {

void require(const Result<void> &done) {
  if (!done) throw std::runtime_error(done.error().message);
}

}  // namespace

Recording a_recording() {
  Recording recording{.version = "1.2.3",
                      .host = "host",
                      .kernel = "6.18.0",
                      .cpus = 2,
                      .boot_id = "b007",
                      .target = TargetKind::command,
                      .argv = {"make", "-j8"},
                      .root_pid = 42,
                      .cgroup = {},
                      .interval_ns = 30'000'000,
                      .start_realtime_ns = 1'795'346'925'000'000'000,
                      .backend = "bpf",
                      .backend_reason = {},
                      .origin = {}};
  recording.origin.fill("somewhere");
  return recording;
}

Row a_row(std::uint64_t number) {
  Row row{.number = number, .realtime_ns = number, .value = {}, .known = {}, .losses = {}};
  row.value.fill(number);
  for (std::size_t i = 0; i < column_count; ++i) row.known[i] = number > 0 || !columns[i].is_counter();
  return row;
}

std::vector<Row> rows(std::uint64_t count) {
  std::vector<Row> rows;
  for (std::uint64_t number = 0; number < count; ++number) rows.push_back(a_row(number));
  return rows;
}

nlohmann::ordered_json sample_json(const Row &row) {
  nlohmann::ordered_json json = {{"timestamp", rusage_bpf::iso_8601(row.realtime_ns)}};
  for (std::size_t i = 0; i < rusage_bpf::column_count; i++)
    json.push_back(
        {std::string(rusage_bpf::columns[i].name), rusage_bpf::number_or_null(i, row.value[i], row.known[i])});
  return json;
}

Outcome outcome_of(const std::vector<Row> &rows) {
  Outcome outcome;
  outcome.ended_by = EndReason::command;
  outcome.exit.code = 0;
  for (const Row &row : rows) outcome.totals.add(row);
  outcome.rss_at_least = peak_rss_at_least(outcome.totals, {});
  return outcome;
}

void write(Sink &sink, const std::vector<Row> &rows) {
  require(sink.begin(a_recording()));
  for (const Row &row : rows) require(sink.row(row));
  require(sink.end(outcome_of(rows)));
}

std::unique_ptr<Output> create_output(const std::string &path) {
  // The tests may run under sudo, whose user cannot enter this directory of root's.
  unsetenv("SUDO_UID");
  auto file = OutputFile::create(path);
  if (!file) throw std::runtime_error(file.error().message);
  return std::make_unique<OutputFile>(*std::move(file));
}

}  // namespace test
