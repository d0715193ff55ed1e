// A trace for ui.perfetto.dev: a JSON object in Chrome's trace event format. Process 0 is the recording, with a counter
// track for each column; each recorded process is a process of the trace, with a slice for each of its process
// records.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <unordered_map>

#include "document/json.h"
#include "output/output.h"
#include "output/sink.h"

namespace rusage_bpf {

// Events are written in any order: readers sort them. The sink keeps the last value of each counter track, and the last
// process with each process number.
class PerfettoSink final : public Sink {
 public:
  explicit PerfettoSink(std::unique_ptr<Output> file) : file_(std::move(file)) {}

  Result<void> begin(const Recording &recording) override;
  Result<void> row(const Row &row) override;
  Result<void> process(const Process &process) override;
  Result<void> end(const Outcome &outcome) override;

 private:
  // A process of the trace. Each of its process records begins at the end of the previous one.
  struct TraceProcess {
    std::uint64_t id = 0;  // in the trace
    std::int64_t start_ns = 0;
    std::optional<std::int64_t> end_ns;
  };

  // Events, or nothing if the value is the same.
  std::string show(std::size_t column, std::uint64_t ns, const Json &value);
  std::string end_rate(std::size_t column, std::uint64_t ns);
  // The process of this record, which then includes it.
  const TraceProcess &trace_process_of(const Process &record);

  std::unique_ptr<Output> file_;
  Recording recording_;
  std::optional<std::uint64_t> last_row_ns_;
  std::array<Json, column_count> shown_;  // null: no value yet
  std::unordered_map<int, TraceProcess> trace_processes_;
  // For a process with a reused number; above any process number.
  std::uint64_t next_id_ = std::uint64_t{1} << 31;
};

}  // namespace rusage_bpf
