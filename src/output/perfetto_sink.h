// A trace for ui.perfetto.dev: a JSON object in Chrome's trace event format. Process 0 is the recording, with a counter
// track for each column; each process that ran is one of the trace's, a slice for each of its spans.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <unordered_map>

#include "document/json.h"
#include "output/output.h"
#include "output/sink.h"

namespace rusage_bpf {

// Events are written as they come: readers sort them. Kept is what a column last showed, and of each number that a
// process had, the last one that had it.
class PerfettoSink final : public Sink {
 public:
  explicit PerfettoSink(std::unique_ptr<Output> file) : file_(std::move(file)) {}

  Result<void> begin(const Recording &recording) override;
  Result<void> row(const Row &row) override;
  Result<void> process(const Process &process) override;
  Result<void> end(const Outcome &outcome) override;

 private:
  // A process as its spans tell it: each begins where the one before ended.
  struct Life {
    std::uint64_t id = 0;  // in the trace
    std::int64_t start_ns = 0;
    std::optional<std::int64_t> end_ns;
  };

  // Events, or nothing where there is nothing new.
  std::string show(std::size_t column, std::uint64_t ns, const Json &value);
  std::string end_rate(std::size_t column, std::uint64_t ns);
  // With this span in it.
  const Life &life_of(const Process &span);

  std::unique_ptr<Output> file_;
  Recording recording_;
  std::optional<std::uint64_t> last_row_ns_;
  std::array<Json, column_count> shown_;  // null: nothing yet
  std::unordered_map<int, Life> lives_;
  // For a process with a reused number; above any process number.
  std::uint64_t next_id_ = std::uint64_t{1} << 31;
};

}  // namespace rusage_bpf
