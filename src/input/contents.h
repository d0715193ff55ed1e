// The rows, processes and commands of a recording while it is read: adds them up, and refuses impossible ones.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "document/json.h"
#include "model/commands.h"
#include "model/totals.h"
#include "os/error.h"
#include "output/sink.h"

namespace rusage_bpf {

class Contents {
 public:
  // Twice as many as a recorder keeps, and the size of all their names.
  static constexpr std::size_t max_commands = 2 * Commands::max_names;
  static constexpr std::size_t max_name_bytes = std::size_t{16} << 20;

  explicit Contents(Sink &sink) : sink_(sink) {}

  // Rows and processes are passed to the sink. An error may be the sink's.
  Result<void> sample(const Json &json);
  // Numbers the row.
  Result<void> sample(Row &row);
  Result<void> process(const Json &json);
  Result<void> command(const Json &json);
  [[nodiscard]] const std::optional<Error> &sink_error() const { return sink_error_; }

  [[nodiscard]] const Totals &totals() const { return totals_; }
  [[nodiscard]] std::uint64_t last_realtime_ns() const { return last_realtime_ns_; }
  std::vector<Command> take_commands() { return std::move(commands_); }

 private:
  Result<void> note_sink_error(Result<void> result);
  [[nodiscard]] Result<void> check(const Row &row) const;

  Sink &sink_;
  std::optional<Error> sink_error_;
  Totals totals_;
  std::uint64_t last_realtime_ns_ = 0;
  std::vector<Command> commands_;
  Command all_commands_;
  std::size_t name_bytes_ = 0;
};

}  // namespace rusage_bpf
